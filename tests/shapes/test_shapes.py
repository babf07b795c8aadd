"""Each load shape turns its settings into exact stages."""

from __future__ import annotations

from itertools import pairwise

import pytest

from loadgen.model.plan import Stage
from loadgen.shapes import SHAPES, Load
from loadgen.shapes.curve import active_users

TARGET = Load(users=100, spawn_rate=10, duration=600.0)
RAMP = Load(users=200, spawn_rate=5, duration=1200.0)
SPIKE = Load(users=500, spawn_rate=50, duration=300.0)
CASES = {
    "constant": (TARGET, {"kind": "constant"}),
    "steps": (RAMP, {"kind": "steps", "steps": 10}),
    "spike": (SPIKE, {"kind": "spike", "base_users": 50, "before": "1m", "after": "2m"}),
}


def stages_of(kind: str, load: Load, settings: dict[str, object]) -> tuple[Stage, ...]:
    shape = SHAPES[kind]
    return shape.stages(load, shape.settings(**settings))


def faults_of(kind: str, load: Load, settings: dict[str, object]) -> list[str]:
    shape = SHAPES[kind]
    return [f"{'.'.join(f.path)}: {f.text}" for f in shape.faults(load, shape.settings(**settings))]


def test_every_shape_has_a_case_here() -> None:
    assert set(SHAPES) == set(CASES)


@pytest.mark.parametrize("kind", CASES)
def test_stages_follow_each_other_without_gap_or_jump_and_add_up_to_the_duration(kind: str) -> None:
    load, settings = CASES[kind]
    stages = stages_of(kind, load, settings)
    assert faults_of(kind, load, settings) == []
    assert stages[0].start == 0
    assert stages[0].from_users == 0
    assert stages[-1].end == load.duration
    assert max(stage.to_users for stage in stages) == load.users
    for before, after in pairwise(stages):
        assert (before.end, before.to_users) == (after.start, after.from_users)


@pytest.mark.parametrize("kind", CASES)
def test_every_climb_goes_at_the_spawn_rate(kind: str) -> None:
    load, settings = CASES[kind]
    for stage in stages_of(kind, load, settings):
        change = abs(stage.to_users - stage.from_users)
        assert change == pytest.approx(load.spawn_rate * (stage.end - stage.start)) or change == 0


def test_constant_climbs_in_warmup_and_holds_in_steady() -> None:
    stages = stages_of("constant", *CASES["constant"])
    assert [(s.phase, s.start, s.end, s.to_users) for s in stages] == [
        ("warmup", 0.0, 10.0, 100),
        ("steady", 10.0, 600.0, 100),
    ]


def test_steps_are_ten_equal_steps_each_with_its_climb() -> None:
    stages = stages_of("steps", *CASES["steps"])
    assert sorted({s.phase for s in stages}) == [f"ramp-{n:02d}" for n in range(1, 11)]
    climb, plateau = stages[6], stages[7]
    assert (climb.phase, climb.start, climb.end, climb.from_users, climb.to_users) == ("ramp-04", 360, 364, 60, 80)
    assert (plateau.phase, plateau.start, plateau.end, plateau.to_users) == ("ramp-04", 364, 480, 80)


def test_steps_share_out_users_that_do_not_divide_evenly() -> None:
    stages = stages_of("steps", Load(users=25, spawn_rate=5, duration=100.0), {"kind": "steps", "steps": 10})
    climbs = [s.to_users - s.from_users for s in stages if s.to_users > s.from_users]
    assert sum(climbs) == 25
    assert set(climbs) == {2, 3}


def test_a_spike_is_quiet_jumps_holds_comes_back_and_recovers() -> None:
    stages = stages_of("spike", *CASES["spike"])
    assert [(s.phase, s.start, s.end, s.from_users, s.to_users) for s in stages] == [
        ("warmup", 0, 1, 0, 50),
        ("steady", 1, 60, 50, 50),
        ("spike", 60, 69, 50, 500),
        ("spike", 69, 171, 500, 500),
        ("spike", 171, 180, 500, 50),
        ("recovery", 180, 300, 50, 50),
    ]


def test_planned_users_are_back_at_the_quiet_level_when_recovery_begins() -> None:
    stages = stages_of("spike", *CASES["spike"])
    assert [active_users(stages, t) for t in (59.99, 69, 170.99, 179.97, 180)] == [50, 500, 500, 51, 50]


IMPOSSIBLE = [
    ("constant", Load(users=100, spawn_rate=1, duration=60.0), {"kind": "constant"}, ["duration"]),
    ("steps", Load(users=200, spawn_rate=1, duration=100.0), {"kind": "steps", "steps": 10}, ["shape.steps"]),
    ("steps", Load(users=3, spawn_rate=1, duration=100.0), {"kind": "steps", "steps": 10}, ["shape.steps"]),
    ("spike", SPIKE, {"kind": "spike", "base_users": 500, "before": "1m", "after": "2m"}, ["shape.base_users"]),
    ("spike", SPIKE, {"kind": "spike", "base_users": 50, "before": "1s", "after": "2m"}, ["shape.before"]),
    ("spike", SPIKE, {"kind": "spike", "base_users": 50, "before": "3m", "after": "2m"}, ["duration"]),
    (
        "spike",
        SPIKE,
        {"kind": "spike", "base_users": 50, "before": "1s", "after": "299s"},
        ["shape.before", "duration"],
    ),
]


@pytest.mark.parametrize("kind, load, settings, keys", IMPOSSIBLE)
def test_what_cannot_be_is_named_with_its_key(
    kind: str, load: Load, settings: dict[str, object], keys: list[str]
) -> None:
    faults = faults_of(kind, load, settings)
    assert [fault.split(":")[0] for fault in faults] == keys
    assert all("allowed" in fault for fault in faults)


def test_an_overridden_spike_keeps_its_form() -> None:
    shape = SHAPES["spike"]
    settings = shape.settings(**CASES["spike"][1])
    assert shape.adapted(settings, SPIKE, SPIKE) == settings
    smaller = shape.adapted(settings, SPIKE, Load(users=100, spawn_rate=50, duration=150.0))
    assert smaller.model_dump() == {"kind": "spike", "base_users": 10, "before": 30.0, "after": 60.0}
