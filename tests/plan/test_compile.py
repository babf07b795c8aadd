"""Config and request become a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from loadgen.config import Config
from loadgen.model.plan import Criterion, Plan, Secret
from loadgen.plan import Endpoints, Offer, RunRequest, compile_plan
from loadgen.shapes.curve import active_of, active_users, users_of, windows_of
from loadgen.storage import load, save

NOW = "20251130120000"


def plan_of(config: Config, **request: Any) -> Plan:
    return compile_plan(config, RunRequest(**request), now_id=NOW)


def criterion(plan: Plan, identity: str) -> Criterion:
    return next(c for c in plan.criteria if c.id == identity)


@pytest.mark.parametrize("name", ["smoke", "baseline", "target", "ramp_up", "spike", "sustained"])
def test_the_same_request_gives_the_same_plan_and_it_survives_its_file(
    shipped: Config, name: str, tmp_path: Path
) -> None:
    plan = plan_of(shipped, scenario=name)
    save(tmp_path / "plan.json", plan)
    assert plan == plan_of(shipped, scenario=name) == load(tmp_path / "plan.json", Plan)


def test_what_nobody_asks_for_comes_from_the_defaults(everything: Config) -> None:
    plan = plan_of(everything)
    asked = (plan.run_id, plan.scenario, plan.target.name, plan.test_type, plan.workers, plan.inputs.seed, plan.drain)
    assert asked == (f"burst-{NOW}", "burst", "staging", "rest", 3, 7, 60)
    measured = (plan.scrape_interval, plan.percentiles, plan.window, plan.failure_samples)
    assert measured == (0.5, (0.5, 0.999), 4, 0)


def test_phases_are_judged_by_default_where_the_load_is_steady_or_comes_back(shipped: Config) -> None:
    phases = {p.name: (p.start, p.end, p.judged) for p in plan_of(shipped, scenario="spike").phases}
    assert phases == {
        "warmup": (0, 1, False),
        "steady": (1, 60, True),
        "spike": (60, 180, False),
        "recovery": (180, 300, True),
    }
    assert all(p.judged for p in plan_of(shipped, scenario="ramp_up").phases)


def test_phases_are_judged_as_the_scenario_says_where_it_says_so(everything: Config) -> None:
    burst = plan_of(everything)
    assert [p.name for p in burst.phases if p.judged] == ["steady", "spike", "recovery"]
    assert criterion(burst, "errors:rest").phases == ("steady", "spike", "recovery")
    stairs = plan_of(everything, scenario="stairs")
    assert criterion(stairs, "errors:rest").phases == ("ramp-01", "ramp-02", "ramp-03", "ramp-04")


def test_the_time_scale_changes_the_curve_and_the_judgement_windows_and_nothing_else(shipped: Config) -> None:
    one, half = plan_of(shipped, scenario="spike"), plan_of(shipped, scenario="spike", time_scale=0.5)
    assert [(s.start, s.end) for s in half.stages] == [(s.start / 2, s.end / 2) for s in one.stages]
    assert [(s.from_users, s.to_users) for s in half.stages] == [(s.from_users, s.to_users) for s in one.stages]
    assert half.duration == one.duration / 2
    for name in ("think_times", "operations", "edges", "validity", "drain", "window", "scrape_interval", "users"):
        assert getattr(half, name) == getattr(one, name), name
    before, after = criterion(one, "recovery:rest"), criterion(half, "recovery:rest")
    assert (before.bound, before.options["hold"], before.options["window"]) == (60, 30, 10)
    assert (after.bound, after.options["hold"], after.options["window"]) == (60, 15, 5)
    assert (after.options["spike_end"], after.options["phase_end"]) == (90, 150)
    assert criterion(half, "latency:rest") == criterion(one, "latency:rest")


def test_a_recovery_window_never_has_fewer_than_four_scrapes(shipped: Config) -> None:
    assert criterion(plan_of(shipped, scenario="spike", time_scale=0.1), "recovery:rest").options["window"] == 4


@pytest.mark.parametrize("scale", [0.1, 0.3, 1 / 3, 0.7, 3])
@pytest.mark.parametrize("name", ["baseline", "ramp_up", "spike"])
def test_scaled_stages_still_follow_each_other_exactly(shipped: Config, name: str, scale: float) -> None:
    plan = plan_of(shipped, scenario=name, time_scale=scale)
    assert [s.end for s in plan.stages[:-1]] == [s.start for s in plan.stages[1:]]
    assert plan.duration == plan.stages[-1].end == plan.phases[-1].end
    assert plan.duration == pytest.approx(shipped.scenarios[name].duration * scale)


@pytest.mark.parametrize("name", ["target", "ramp_up", "spike"])
def test_users_rate_and_duration_can_be_overridden_for_any_shape(shipped: Config, name: str) -> None:
    plan = plan_of(shipped, scenario=name, users=40, spawn_rate=20, duration=400.0)
    assert (plan.users, plan.duration, max(s.to_users for s in plan.stages)) == (40, 400, 40)
    rates = {abs(s.to_users - s.from_users) / (s.end - s.start) for s in plan.stages if s.from_users != s.to_users}
    assert all(rate == pytest.approx(20) for rate in rates)


def test_an_overridden_spike_keeps_its_proportions(shipped: Config) -> None:
    plan = plan_of(shipped, scenario="spike", users=100, duration=150.0)
    assert {p.name: p.end for p in plan.phases} == {"warmup": 0.2, "steady": 30, "spike": 90, "recovery": 150}
    assert plan.stages[0].to_users == 10


def test_criteria_are_resolved_by_test_type_over_the_judged_operations(shipped: Config) -> None:
    plan = plan_of(shipped, scenario="target")
    kinds = ("latency", "errors", "throughput")
    assert [c.id for c in plan.criteria] == [f"{kind}:{t}" for t in ("rest", "websocket", "grpc") for kind in kinds]
    latency, errors = criterion(plan, "latency:rest"), criterion(plan, "errors:rest")
    assert latency.operations == ("chat", "llm_generate", "tts_speak", "transcribe", "round_trip")
    assert (latency.bound, latency.options, latency.minimum) == (0.05, {"seconds": 2.0, "share": 0.95}, 200)
    assert (errors.bound, errors.minimum, errors.phases) == (0.01, 300, ("steady",))


def test_an_operation_with_a_bound_of_its_own_is_judged_by_that_alone(everything: Config) -> None:
    plan = plan_of(everything)
    own = criterion(plan, "latency:rest:round trip")
    assert (own.operations, own.bound, own.options, own.minimum) == (
        ("round trip",),
        0.1,
        {"seconds": 4, "share": 0.9},
        50,
    )
    assert criterion(plan, "errors:rest:round trip").bound == 0.02
    assert criterion(plan, "latency:rest:chat").options["seconds"] == 0.7
    assert criterion(plan, "latency:rest").operations == ("speak",)
    assert criterion(plan, "recovery:rest").operations == ("speak",)
    assert criterion(plan, "errors:rest").operations == ("chat", "speak")


def test_every_time_that_is_judged_is_an_edge(everything: Config, shipped: Config) -> None:
    assert {0.7, 4.0, 0.07} <= set(plan_of(everything).edges)
    for name in shipped.scenarios:
        plan = plan_of(shipped, scenario=name)
        assert {2.0, plan.validity.late_seconds} <= set(plan.edges)
        assert plan.validity.late_seconds == 0.1


def test_what_the_target_does_not_offer_leaves_the_plan_with_its_reason(shipped: Config) -> None:
    offer = Offer(missing={"grpc:llm_embed": "UNIMPLEMENTED: no such method"})
    plan = compile_plan(shipped, RunRequest(test_type="grpc"), now_id=NOW, offer=offer)
    assert plan.dropped == {"grpc:llm_embed": "UNIMPLEMENTED: no such method"}
    assert "llm_embed" not in [o.name for o in plan.operations]
    assert "llm_embed" not in criterion(plan, "latency:grpc").operations


def test_an_operation_without_weight_leaves_the_plan_unless_it_is_made_on_demand(shipped: Config) -> None:
    names = [(o.name, o.weight) for o in plan_of(shipped).operations if o.weight == 0]
    assert names == [("auth_token", 0), ("connect", 0)]


@pytest.mark.parametrize(
    "users, cores, workers", [(10, 8, 1), (250, 8, 1), (251, 8, 2), (500, 2, 2), (500, 1, 1), (5000, 64, 20)]
)
def test_auto_means_a_worker_for_each_250_users_and_no_more_than_cores(
    shipped: Config, users: int, cores: int, workers: int
) -> None:
    assert plan_of(shipped, scenario="baseline", users=users, spawn_rate=100, cores=cores).workers == workers


def test_so_many_workers_as_asked_but_none_without_a_user(shipped: Config) -> None:
    assert plan_of(shipped, scenario="spike", workers=4).workers == 4
    assert plan_of(shipped, scenario="smoke", workers=64, test_type="rest").workers == 10


def test_the_stand_in_has_its_addresses_once_it_is_started(shipped: Config) -> None:
    assert plan_of(shipped).target.rest == "http://sim"
    target = plan_of(shipped, endpoints=Endpoints(rest=1, llm=2, stt=3, tts=4, control=5)).target
    assert (target.rest, target.websocket, target.control) == (
        "http://127.0.0.1:1",
        "ws://127.0.0.1:1",
        "http://127.0.0.1:5",
    )
    assert (target.llm, target.stt, target.tts) == ("127.0.0.1:2", "127.0.0.1:3", "127.0.0.1:4")


def test_the_stand_in_is_told_what_its_options_say_in_seconds_and_shares(everything: Config) -> None:
    options = plan_of(everything, target="stand_in").target.options
    assert (options["freeze"], options["error_rate"], options["down"]) == (5, 0.01, "stt,tts")
    assert options["faults"][0] == {
        "operation": "rest:chat", "latency": 2.0, "error_rate": 0.5, "error_every": 3, "in_band": True, "status": 503
    }  # fmt: skip


def test_a_host_moves_all_protocols_and_keeps_the_grpc_ports(shipped: Config) -> None:
    target = plan_of(shipped, target="june", host="https://june.example:8443/api/").target
    assert (target.rest, target.websocket) == ("https://june.example:8443/api", "wss://june.example:8443/api")
    assert (target.llm, target.stt, target.tts) == tuple(f"june.example:{port}" for port in (50051, 50052, 50053))
    assert plan_of(shipped, target="june", host="http://[::1]:8000").target.llm == "[::1]:50051"


def test_secrets_stay_in_the_environment(everything: Config) -> None:
    target = plan_of(everything).target
    assert target.headers["Authorization"] == Secret(env="JUNE_KEY", prefix="Bearer ")
    assert target.metadata["x-api-key"] == Secret(env="JUNE_KEY")


def test_hosts_that_are_allowed_come_from_the_target_and_the_command_line(everything: Config) -> None:
    allow = plan_of(everything, allow=("other.example", "june.example")).target.allow
    assert allow == ("june.example", "stt.example", "10.0.0.1", "::1", "other.example")


def test_a_target_that_wants_no_token_is_asked_for_none(everything: Config) -> None:
    plan = plan_of(everything, target="stand_in")
    assert plan.dropped == {"rest:token": "the target is told to want no token"}


def test_a_drain_that_cuts_operations_off_is_said_before_the_load(everything: Config, shipped: Config) -> None:
    assert plan_of(shipped).notes == ()
    short = compile_plan(_with_drain(shipped, 5.0), RunRequest(), now_id=NOW)
    assert short.notes[0].startswith("The drain of 5s is shorter than the longest timeout (30s)")


def _with_drain(config: Config, drain: float) -> Config:
    return replace(config, defaults=config.defaults.model_copy(update={"drain": drain}))


def test_think_times_and_inputs_come_from_the_scenario_and_the_data(everything: Config) -> None:
    plan = plan_of(everything, test_type="all", target="stand_in", scenario="burst", users=100)
    assert {t: (p.low, p.high) for t, p in plan.think_times.items()} == {"rest": (1, 2), "websocket": (0.1, 0.2)}
    assert plan.shares == {"rest": 5, "websocket": 5}
    assert (plan.inputs.prompt_words.median, plan.inputs.speech_seconds.low, plan.inputs.wav_pool) == (5, 0.5, 2)


@pytest.mark.parametrize("name", ["smoke", "ramp_up", "spike"])
@pytest.mark.parametrize("test_type", ["all", "grpc"])
def test_the_users_of_each_test_type_work_exactly_as_the_curve_wants(
    shipped: Config, name: str, test_type: str
) -> None:
    plan = plan_of(shipped, scenario=name, test_type=test_type)
    windows = {t: [windows_of(plan, t, n) for n in range(users_of(plan, t))] for t in plan.test_types}
    assert sum(map(len, windows.values())) == plan.users
    for tenth in range(int(plan.duration * 10) + 10)[::7]:
        moment = tenth / 10
        working = {t: sum(any(a <= moment < b for a, b in user) for user in windows[t]) for t in windows}
        assert working == {t: active_of(plan, t, moment) for t in plan.test_types}
        assert sum(working.values()) == active_users(plan.stages, moment)


def test_growth_judges_the_whole_run_after_its_first_part_and_follows_the_time_scale(shipped: Config) -> None:
    plan, tenth = plan_of(shipped, scenario="sustained"), plan_of(shipped, scenario="sustained", time_scale=0.1)
    names = [c.id for c in plan.criteria if c.kind == "growth"]
    assert names == [f"growth:{name}" for name in ("memory", "descriptors", "threads", "connections")]
    one, small = criterion(plan, "growth:memory"), criterion(tenth, "growth:memory")
    assert (one.test_type, one.operations, one.phases, one.bound) == ("", (), ("steady",), 2.0**27)
    assert (one.options["start"], one.options["end"], one.options["step"]) == (550.5, 1800, 2.083)
    assert (small.options["start"], small.options["end"], small.options["step"]) == (55.05, 180, 1)
    assert small.bound == one.bound
    assert not any("growth is judged over" in note for note in plan.notes)
    assert any(note.startswith("growth is judged over 125s only") for note in tenth.notes)


def test_what_nobody_can_be_asked_about_is_not_judged_and_said(shipped: Config) -> None:
    june = plan_of(shipped, scenario="sustained", target="june")
    assert "growth:connections" not in [c.id for c in june.criteria]
    assert [note for note in june.notes if note.startswith("growth:connections is not judged")]


def test_a_quantity_that_is_switched_off_is_not_judged(everything: Config) -> None:
    found = {c.id: c.bound for c in plan_of(everything, scenario="quiet").criteria if c.kind == "growth"}
    assert found == {"growth:memory": 10 * 2.0**20, "growth:threads": 5, "growth:connections": 7.5}


def test_questions_are_asked_at_the_end_of_what_is_judged_those_of_the_scenario_beside_the_common_ones(
    everything: Config,
) -> None:
    busy, idle = (criterion(plan_of(everything), f"query:{name}") for name in ("busy", "idle queue"))
    assert (busy.bound, busy.options["at_least"], busy.options["unit"]) == (0.5, False, "targets")
    assert (idle.bound, idle.options["at_least"], idle.options["unit"]) == (-1, True, "")
    assert (idle.options["at"], idle.options["judged"]) == (120, pytest.approx(120 - 0.2, abs=0.1))


def test_a_question_needs_everything_that_is_scraped_beside_the_load_unless_it_says_otherwise(
    everything: Config,
) -> None:
    plan = plan_of(everything)
    busy, idle = (criterion(plan, f"query:{name}") for name in ("busy", "idle queue"))
    jobs = [scrape.job for scrape in plan.measured.scrapes]
    assert jobs
    assert (busy.options["needs"], idle.options["needs"]) == (list(dict.fromkeys(jobs)), [])
