"""The text that Prometheus reads."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from loadgen.catalogue import METRICS
from loadgen.model.measured import ResourceLimits, Saturation
from loadgen.model.plan import Plan
from loadgen.telemetry.counters import WorkerCounters
from loadgen.telemetry.run_values import RunValues
from tests.outcomes import outcome
from tests.small_plan import latency, operation, small_plan
from tests.telemetry.seen import Seen

GOLDEN = Path(__file__).parent / "golden" / "metrics.txt"
START = 1_700_000_000.0
HOSTILE = 'a"b\\c\nd{e="f"} 7 # "'


def test_the_text_is_the_golden_one(seen: Callable[[Plan], Seen], tmp_path: Path):
    """Others build on this text. After a wanted change: UPDATE_GOLDEN=1 pytest tests/telemetry."""
    plan = small_plan(
        operations=(operation("rest", "chat"), operation("grpc", HOSTILE, "llm_generate_stream")),
        resources=ResourceLimits(limits={"host_cpu": 0.9, "gpu_temperature": 85.0}),
    )
    look = seen(plan)
    _fill(tmp_path, plan)
    text = look.text(START + 12)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def _fill(work: Path, plan: Plan) -> None:
    counters = WorkerCounters.open(work, plan, 0)
    counters.record(outcome(seconds=0.25))
    counters.record(outcome(seconds=0.3, reason="http_5xx", lag=0.02))
    counters.record(outcome("grpc", HOSTILE, "warmup", seconds=3, first_message=0.2, gaps=(0.1,), tokens_out=5))
    counters.set_users("rest", 6)
    counters.cpu(0.25)
    counters.loop_lag(0.001)
    counters.heartbeat(START + 11.5)
    values = RunValues.open(work, plan)
    values.start(START)
    values.criterion_value("latency:rest", math.inf)
    values.saturation(Saturation(sentence="", first=f"host_cpu:{HOSTILE}", at=7.5), START)
    values.invalid(("generator-late", "evidence", f"samples:{HOSTILE}"))
    values.verdict("INVALID")


def test_promtool_has_nothing_to_say(seen: Callable[[Plan], Seen], tmp_path: Path):
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")
    look = seen(small_plan())
    told = subprocess.run(
        ["promtool", "check", "metrics"], input=look.text(), capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


def test_a_hostile_operation_name_is_a_label_value_and_nothing_else(seen: Callable[[Plan], Seen], tmp_path: Path):
    plan = small_plan(operations=(operation("rest", HOSTILE, "chat"), operation("grpc", "llm_chat")))
    look = seen(plan)
    WorkerCounters.open(tmp_path, plan, 0).record(outcome(name=HOSTILE))
    assert look.value("loadtest_requests_total", test_type="rest", name=HOSTILE, phase="steady") == 1
    assert {name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for name, _ in look.samples()} <= {
        m.name for m in METRICS
    }


def test_every_counter_is_there_at_zero_before_anything_happened(seen: Callable[[Plan], Seen]):
    speech = operation("grpc", "stt_recognize_stream")
    samples = seen(small_plan(operations=(*small_plan().operations, speech))).samples()
    shown = {name.removesuffix("_bucket") for name, _ in samples}
    assert {m.name for m in METRICS if m.type != "gauge"} <= shown
    assert {value for (name, _), value in samples.items() if name.endswith(("_total", "_bucket", "_count"))} == {0}


def test_the_phase_follows_the_plans_clock(seen: Callable[[Plan], Seen], tmp_path: Path):
    look, values = seen(small_plan()), RunValues.open(tmp_path, small_plan())
    assert _phases(look, START) == []
    values.start(START)
    seen_at = {after: _phases(look, START + after) for after in (-0.1, 0, 9.9, 10, 29.9, 30, 500)}
    assert seen_at == {
        -0.1: [],
        0: ["warmup"],
        9.9: ["warmup"],
        10: ["steady"],
        29.9: ["steady"],
        30: ["cooldown"],
        500: ["cooldown"],
    }


def test_a_run_is_finished_only_when_somebody_says_so(seen: Callable[[Plan], Seen], tmp_path: Path):
    look, values = seen(small_plan()), RunValues.open(tmp_path, small_plan())
    values.start(START)
    values.finish()
    assert _phases(look, START + 31) == ["finished"]


def test_after_an_early_stop_no_users_are_wanted(seen: Callable[[Plan], Seen], tmp_path: Path):
    look, values = seen(small_plan()), RunValues.open(tmp_path, small_plan())
    values.start(START)
    values.stop(START + 12)
    assert _phases(look, START + 11) == ["steady"]
    assert _phases(look, START + 13) == ["cooldown"]
    assert look.value("loadtest_users_target", test_type="rest", now=START + 13) == 0


def _phases(look: Seen, now: float) -> list[str]:
    return [
        dict(labels)["phase"]
        for (name, labels), value in look.samples(now).items()
        if name == "loadtest_phase" and value == 1
    ]


def test_the_wanted_users_are_those_of_the_plan(seen: Callable[[Plan], Seen], tmp_path: Path):
    look, values = seen(small_plan()), RunValues.open(tmp_path, small_plan())
    assert look.value("loadtest_users_target", test_type="rest", now=START) == 0
    values.start(START)
    wanted = [look.value("loadtest_users_target", test_type=t, now=START + 15) for t in ("rest", "grpc")]
    assert wanted == [6, 4]


def test_a_value_nobody_set_is_left_out(seen: Callable[[Plan], Seen]):
    shown = {name for name, _ in seen(small_plan()).samples()}
    unset = {
        "loadtest_criterion_value",
        "loadtest_recovery_seconds",
        "loadtest_run_verdict",
        "loadtest_run_invalid_info",
        "loadtest_run_start_timestamp_seconds",
        "loadtest_first_saturation_timestamp_seconds",
        "loadtest_response_time_min_seconds",
        "loadtest_generator_cpu_ratio",
    }
    assert not unset & shown


def test_a_criterions_value_may_be_nought_or_never(seen: Callable[[Plan], Seen], tmp_path: Path):
    look, values = seen(small_plan()), RunValues.open(tmp_path, small_plan())
    values.criterion_value("latency:rest", 0.0)
    values.recovery("latency:grpc", math.inf)
    assert look.value("loadtest_criterion_value", criterion="latency:rest") == 0
    assert look.value("loadtest_recovery_seconds", criterion="latency:grpc") == math.inf


def test_bounds_are_shown_where_there_is_one(seen: Callable[[Plan], Seen]):
    unbound = latency("grpc", "llm_generate_stream")
    look = seen(small_plan(criteria=(latency("rest", "chat"), type(unbound)(**{**_fields(unbound), "bound": None}))))
    assert look.value("loadtest_criterion_bound", criterion="latency:rest") == 0.05
    assert look.value("loadtest_criterion_bound", criterion="latency:grpc") is None


def _fields(record: object) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__struct_fields__}  # type: ignore[attr-defined]
