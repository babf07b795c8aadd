"""The load curve and its inverse."""

from __future__ import annotations

import math
import random

import pytest

from loadgen.model.plan import TEST_TYPES, Stage
from loadgen.shapes.curve import _windows, active_users, dealt, global_index


def random_stages(seed: int) -> tuple[Stage, ...]:
    """Climbs, descents, plateaus and jumps with crooked times."""
    rng = random.Random(seed)
    stages, at, users = [], 0.0, 0
    for number in range(rng.randint(1, 8)):
        end = at + rng.choice((0.1, 1 / 3, 7.77, 60.0)) * rng.uniform(0.5, 2)
        users = rng.choice((users, rng.randint(0, 60)))
        to = rng.choice((users, rng.randint(0, 60)))
        stages.append(Stage(phase=f"p{number}", start=at, end=end, from_users=users, to_users=to))
        at, users = end, to
    return tuple(stages)


def moments(
    stages: tuple[Stage, ...], windows: list[tuple[tuple[float, float], ...]], rng: random.Random
) -> list[float]:
    """Every edge, the floats right beside it, and moments in between."""
    edges = [t for user in windows for window in user for t in window] + [s.start for s in stages]
    beside = [math.nextafter(t, way) for t in edges for way in (-math.inf, math.inf)]
    return edges + beside + [rng.uniform(-1, stages[-1].end + 1) for _ in range(50)]


@pytest.mark.parametrize("seed", range(40))
def test_a_users_windows_are_the_exact_inverse_of_the_curve(seed: int) -> None:
    stages = random_stages(seed)
    windows = [_windows(stages, user) for user in range(60)]
    for moment in moments(stages, windows, random.Random(seed)):
        working = sum(any(a <= moment < b for a, b in user) for user in windows)
        assert active_users(stages, moment) == working, f"at {moment!r}"


@pytest.mark.parametrize("seed", range(40))
def test_windows_are_disjoint_ascending_and_never_touch(seed: int) -> None:
    for user in range(60):
        flat = [t for window in _windows(random_stages(seed), user) for t in window]
        assert flat == sorted(set(flat))


@pytest.mark.parametrize("seed", range(20))
def test_the_curve_is_the_floor_of_its_line(seed: int) -> None:
    rng = random.Random(seed)
    for stage in random_stages(seed):
        for _ in range(20):
            moment = rng.uniform(stage.start, stage.end)
            way = (moment - stage.start) / (stage.end - stage.start)
            line = stage.from_users + way * (stage.to_users - stage.from_users)
            if moment < stage.end and abs(line - round(line)) > 1e-6:
                assert active_users((stage,), moment) == math.floor(line)


def test_nobody_works_before_the_first_and_after_the_last_stage() -> None:
    stages = (Stage(phase="steady", start=0.0, end=10.0, from_users=5, to_users=5),)
    assert [active_users(stages, t) for t in (-1.0, 0.0, 9.999, 10.0)] == [0, 5, 5, 0]


SHARES = [{"rest": 4, "websocket": 3, "grpc": 3}, {"rest": 10}, {"grpc": 1, "rest": 9}, {"websocket": 5, "grpc": 5}]


@pytest.mark.parametrize("shares", SHARES, ids=str)
def test_every_ten_users_are_dealt_by_the_shares_and_none_is_lost(shares: dict[str, int]) -> None:
    for users in range(105):
        by_type = {name: dealt(users, shares, name) for name in TEST_TYPES}
        assert sum(by_type.values()) == users
        for name, count in by_type.items():
            assert abs(count - users * shares.get(name, 0) / 10) < 1
    assert {name: dealt(40, shares, name) for name in shares} == {name: 4 * tenths for name, tenths in shares.items()}


@pytest.mark.parametrize("shares", SHARES, ids=str)
def test_a_users_number_within_its_type_leads_back_to_its_number_among_all(shares: dict[str, int]) -> None:
    numbers = sorted(global_index(shares, name, n) for name in shares for n in range(shares[name] * 7))
    assert numbers == list(range(70))
    for name in shares:
        for n in range(25):
            among_all = global_index(shares, name, n)
            assert (dealt(among_all, shares, name), dealt(among_all + 1, shares, name)) == (n, n + 1)
