"""What a scrape shows of the plan: gauges that never change, so that their text is put together once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loadgen import __version__
from loadgen.catalogue import metric
from loadgen.criteria import kind_of, latency, sense_of, unit_of
from loadgen.model.plan import Plan
from loadgen.telemetry.text import Sample, family_text


def plan_text(plan: Plan, commit: str) -> str:
    """The lines of every gauge that the plan alone decides. `commit`: what `loadtest_run_info` shows as that."""
    samples: dict[str, Iterable[Sample]] = {
        "loadtest_phase_duration_seconds": [((p.name,), p.end - p.start) for p in plan.phases],
        "loadtest_judged_phase": [((p.name,), int(p.judged)) for p in plan.phases],
        "loadtest_run_duration_seconds": [((), plan.duration)],
        "loadtest_criterion_bound": [((c.id,), c.bound) for c in plan.criteria if c.bound is not None],
        "loadtest_criterion_info": _criteria(plan),
        "loadtest_latency_bound_seconds": [
            ((c.id,), latency.options(c).seconds) for c in plan.criteria if kind_of(c) is latency.KIND
        ],
        "loadtest_validity_bound": _validity(plan),
        "loadtest_resource_limit": [((kind,), limit) for kind, limit in plan.resources.limits.items()],
        "loadtest_run_info": [((plan.test_type, plan.target.name, __version__, commit, plan.edges_version), 1)],
    }
    return "".join(family_text(metric(name), own) for name, own in samples.items())


def _criteria(plan: Plan) -> Iterator[Sample]:
    for c in plan.criteria:
        yield (c.id, c.kind, c.test_type, unit_of(c), sense_of(c)), 1


def _validity(plan: Plan) -> Iterator[Sample]:
    limits = plan.validity
    for check in ("late_share", "late_seconds", "cpu_ratio", "cpu_time_share", "users_share"):
        yield (check,), getattr(limits, check)
    yield ("scrape_gap_seconds",), limits.scrape_gap_intervals * plan.scrape_interval
