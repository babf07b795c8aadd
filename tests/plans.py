"""Plans made by hand, with the real edges and every kind of criterion."""

from __future__ import annotations

from typing import Any

from loadgen.catalogue import edges_for
from loadgen.model.measured import Measured, ProcessGroup, Scrape
from loadgen.model.plan import Criterion, Phase, Plan, Stage
from tests.small_plan import operation, small_plan

SPIKE_STAGES = (
    Stage(phase="warmup", start=0, end=5, from_users=0, to_users=50),
    Stage(phase="steady", start=5, end=60, from_users=50, to_users=50),
    Stage(phase="spike", start=60, end=70, from_users=50, to_users=500),
    Stage(phase="spike", start=70, end=170, from_users=500, to_users=500),
    Stage(phase="spike", start=170, end=180, from_users=500, to_users=50),
    Stage(phase="recovery", start=180, end=300, from_users=50, to_users=50),
)
SPIKE_PHASES = (
    Phase(name="warmup", start=0, end=5, judged=False),
    Phase(name="steady", start=5, end=60, judged=True),
    Phase(name="spike", start=60, end=180, judged=False),
    Phase(name="recovery", start=180, end=300, judged=True),
)
RECOVERY_OPTIONS = {
    "hold": 30.0,
    "window": 10.0,
    "minimum_answers": 20,
    "latency_factor": 1.5,
    "latency_add": 0.05,
    "latency_seconds": 2.0,
    "latency_share": 0.95,
    "error_add": 0.005,
    "error_floor": 0.01,
    "spike_end": 180.0,
    "phase_end": 300.0,
}
JUDGED = ("steady", "recovery")


def latency(test_type: str = "rest", *operations: str, **changes: Any) -> Criterion:
    """95 % within 2 s, from 200 operations."""
    return _criterion(
        "latency", test_type, operations, {"bound": 0.05, "minimum": 200, "options": {"seconds": 2.0}} | changes
    )


def errors(test_type: str = "rest", *operations: str, **changes: Any) -> Criterion:
    """Less than 1 %, from 300 operations."""
    return _criterion("errors", test_type, operations, {"bound": 0.01, "minimum": 300} | changes)


def throughput(test_type: str = "rest", *operations: str, **changes: Any) -> Criterion:
    """At least 8 a second in steady."""
    return _criterion(
        "throughput", test_type, operations, {"bound": 8.0, "minimum": 1, "phases": ("steady",)} | changes
    )


def recovery(test_type: str = "rest", *operations: str, **changes: Any) -> Criterion:
    """Within 60 s, for 30 s."""
    return _criterion(
        "recovery", test_type, operations, {"bound": 60.0, "minimum": 20, "options": RECOVERY_OPTIONS} | changes
    )


GROWTH_OPTIONS = {
    "quantity": "memory",
    "unit": "bytes per hour",
    "confidence": 0.95,
    "start": 10.0,
    "end": 60.0,
    "step": 1.0,
}
QUERY_OPTIONS = {
    "expr": "max(my_queue)",
    "at_least": False,
    "unit": "calls",
    "at": 300.0,
    "judged": 295.0,
    "needs": ["host"],
}
MEASURED = Measured(
    scrapes=(Scrape(job="host", address="127.0.0.1:9611", ours=True),),
    groups=(
        ProcessGroup(name="sim", role="target", match="pid_file", pattern="pids/sim.pid"),
        ProcessGroup(name="generator", role="generator", match="pid_file", pattern="pids/generator.pid"),
    ),
)


def growth(**changes: Any) -> Criterion:
    """Memory by at most 64 MiB an hour, from 50 s of steady."""
    return _whole("growth", "memory", {"bound": 2.0**26, "minimum": 40, "options": GROWTH_OPTIONS} | changes)


def query(**changes: Any) -> Criterion:
    """At most 8 calls in a queue, asked at the end of the run."""
    return _whole("query", "queue", {"bound": 8.0, "minimum": 1, "options": QUERY_OPTIONS} | changes)


def _whole(kind: str, what: str, fields: dict[str, Any]) -> Criterion:
    known: dict[str, Any] = {"id": f"{kind}:{what}", "kind": kind, "test_type": "", "operations": (), "phases": JUDGED}
    return Criterion(**{**known, **fields})


def _criterion(kind: str, test_type: str, operations: tuple[str, ...], fields: dict[str, Any]) -> Criterion:
    known: dict[str, Any] = {
        "id": f"{kind}:{test_type}",
        "kind": kind,
        "test_type": test_type,
        "operations": operations or ("chat",),
        "phases": JUDGED,
    }
    return Criterion(**{**known, **fields})


def example_plan(**changes: Any) -> Plan:
    """A spike of 500 users over REST, one operation, judged by every kind of criterion."""
    fields: dict[str, Any] = {
        "run_id": "spike-20251130_120000",
        "scenario": "spike",
        "shape": "spike",
        "test_type": "rest",
        "shares": {"rest": 10},
        "users": 500,
        "duration": 300.0,
        "stages": SPIKE_STAGES,
        "phases": SPIKE_PHASES,
        "operations": (operation("rest", "chat"),),
        "criteria": (latency(), errors(), throughput(), recovery(), growth(), query()),
        "measured": MEASURED,
        "percentiles": (0.5, 0.95, 0.99),
        "edges": edges_for((0.1, 2.0)),
    }
    return small_plan(**{**fields, **changes})
