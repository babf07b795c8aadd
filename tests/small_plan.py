"""A Plan small enough to be read, for tests that need one without the configuration behind it."""

from __future__ import annotations

from typing import Any

from loadgen.catalogue import EDGES_VERSION
from loadgen.model.plan import (
    Criterion,
    Inputs,
    LengthDistribution,
    Operation,
    Phase,
    Plan,
    Stage,
    Target,
    ThinkTime,
    ValidityLimits,
)

_LENGTH = LengthDistribution(median=5, p95=10, low=1, high=20)


def operation(test_type: str, name: str, call: str | None = None, *, judged: bool = True) -> Operation:
    """An operation with nothing special about it."""
    return Operation(test_type=test_type, name=name, call=call or name, weight=1, timeout=5, judged=judged)


def latency(test_type: str, *operations: str, phases: tuple[str, ...] = ("steady",)) -> Criterion:
    """A latency criterion of two seconds."""
    return Criterion(
        id=f"latency:{test_type}",
        kind="latency",
        test_type=test_type,
        operations=operations,
        phases=phases,
        bound=0.05,
        minimum=20,
        options={"seconds": 2.0},
    )


def small_plan(**changes: Any) -> Plan:
    """One REST and one gRPC operation, two phases (0–10 s, 10–30 s), five edges, one worker."""
    fields: dict[str, Any] = {
        "run_id": "smoke-20251130_120000",
        "scenario": "smoke",
        "purpose": "to be small",
        "shape": "constant",
        "test_type": "all",
        "shares": {"rest": 6, "grpc": 4},
        "time_scale": 1.0,
        "users": 10,
        "duration": 30.0,
        "drain": 5.0,
        "stages": (
            Stage(phase="warmup", start=0, end=10, from_users=0, to_users=10),
            Stage(phase="steady", start=10, end=30, from_users=10, to_users=10),
        ),
        "phases": (
            Phase(name="warmup", start=0, end=10, judged=False),
            Phase(name="steady", start=10, end=30, judged=True),
        ),
        "operations": (operation("rest", "chat"), operation("grpc", "llm_generate_stream")),
        "think_times": {"rest": ThinkTime(low=0, high=0), "grpc": ThinkTime(low=0, high=0)},
        "criteria": (latency("rest", "chat"), latency("grpc", "llm_generate_stream")),
        "validity": ValidityLimits(
            late_share=0.01,
            late_seconds=0.1,
            cpu_ratio=0.9,
            cpu_time_share=0.05,
            users_share=0.95,
            scrape_gap_intervals=3,
        ),
        "target": Target(name="sim", kind="sim", rest="", websocket="", llm="", stt="", tts=""),
        "inputs": Inputs(seed=1, prompt_words=_LENGTH, speech_seconds=_LENGTH, speech_words=_LENGTH),
        "percentiles": (0.5, 0.95),
        "window": 10.0,
        "edges": (0.01, 0.1, 0.5, 2.0, 8.0),
        "edges_version": EDGES_VERSION,
        "workers": 1,
        "scrape_interval": 1.0,
        "failure_samples": 5,
    }
    return Plan(**{**fields, **changes})
