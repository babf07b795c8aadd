"""Did the load generator do its own part? What waits because of it says nothing about the target."""

from __future__ import annotations

from collections.abc import Sequence

from loadgen.criteria.shares import percent
from loadgen.model.evidence import Evidence, Series
from loadgen.model.plan import Plan, Stage
from loadgen.model.quantities import duration_text
from loadgen.model.record import RunRecord
from loadgen.model.verdict import Check
from loadgen.verdict.span import Stretch, cut, stretches, sums, values, watched

CPU, USERS = "generator_cpu", "users"
"""Names of the series: by worker the share of a core, by test type the active users."""

SETTLING = 3
"""Scrapes after the start of a plateau before its users are counted: what is seen is a scrape old."""


def late(plan: Plan, record: RunRecord, evidence: Evidence) -> Check:  # noqa: ARG001 same for all checks
    """At most a small share of operations began late through the generator's fault."""
    names = watched(plan)
    late_ones = sum(evidence.lag[name][0] for name in names if name in evidence.lag)
    all_of_them = sum(evidence.lag[name][1] for name in names if name in evidence.lag)
    limit, bound = plan.validity.late_seconds, plan.validity.late_share
    if not all_of_them:
        return _unknown("generator-late", bound, "Whether operations began on time was not measured.")
    share = late_ones / all_of_them
    ok = share <= bound
    said = (
        f"{late_ones} of {all_of_them} operations ({percent(share)}) began more than {duration_text(limit)} late "
        f"through the generator's fault; at most {percent(bound)} may."
    )
    mend = " The generator was too slow for this load, not the target: give it more workers or a machine of its own."
    return Check(id="generator-late", ok=ok, measured=share, bound=bound, sentence=said + ("" if ok else mend))


def cpu(plan: Plan, record: RunRecord, evidence: Evidence) -> Check:
    """No worker was at the limit of its core for long."""
    limit, bound = plan.validity.cpu_ratio, plan.validity.cpu_time_share
    spans = stretches(plan, record)
    seen = {s.labels.get("worker", ""): list(values(s, spans)) for s in evidence.series if s.name == CPU}
    busy = {worker: sum(v > limit for v in found) / len(found) for worker, found in seen.items() if found}
    if not _long_enough(plan, spans):
        return _too_soon("generator-cpu", bound, "how busy the workers were")
    if len(busy) < plan.workers:
        text = f"How busy the workers were is known of {len(busy)} of {plan.workers} only."
        return _unknown("generator-cpu", bound, text)
    worker, share = max(busy.items(), key=lambda item: item[1])
    ok = share <= bound
    said = (
        f"Worker {worker} used more than {percent(limit)} of a core for {percent(share)} of the time; "
        f"at most {percent(bound)} may."
    )
    mend = " Give the generator more workers, or a machine with more cores."
    return Check(id="generator-cpu", ok=ok, measured=share, bound=bound, sentence=said + ("" if ok else mend))


def users(plan: Plan, record: RunRecord, evidence: Evidence) -> Check:
    """On every plateau nearly all the planned users were at work."""
    bound = plan.validity.users_share
    seen = [s for s in evidence.series if s.name == USERS]
    spans = [(cut(record, s.start + SETTLING * plan.scrape_interval, s.end), s) for s in _plateaus(plan)]
    if not _long_enough(plan, [span for span, _ in spans if span]):
        return _too_soon("users", bound, "the users on a plateau")
    lowest = [_lowest(stage, span, seen) for span, stage in spans if span]
    known = [entry for entry in lowest if entry is not None]
    if not known:
        return _unknown("users", bound, "How many users were at work on the plateaus was not measured.")
    share, stage = min(known, key=lambda entry: entry[0])
    ok = share >= bound
    said = (
        f"In {stage.phase} at least {percent(share)} of the planned {stage.to_users} users were at work; "
        f"{percent(bound)} are needed."
    )
    mend = " The generator did not put on the planned load: see its log."
    return Check(id="users", ok=ok, measured=share, bound=bound, sentence=said + ("" if ok else mend))


def _plateaus(plan: Plan) -> tuple[Stage, ...]:
    names = watched(plan)
    return tuple(s for s in plan.stages if s.from_users == s.to_users > 0 and s.phase in names)


def _lowest(stage: Stage, span: Stretch, seen: list[Series]) -> tuple[float, Stage] | None:
    found = list(sums(seen, (span,))) if seen else []
    return (min(found) / stage.to_users, stage) if found else None


def _long_enough(plan: Plan, spans: Sequence[Stretch]) -> bool:
    """Whether the run came so far that a sample is due for certain."""
    longest = max((end - start for start, end in spans), default=0.0)
    return longest > plan.validity.scrape_gap_intervals * plan.scrape_interval


def _too_soon(identity: str, bound: float, what: str) -> Check:
    text = f"The run ended too soon for {what} to be looked at."
    return Check(id=identity, ok=True, measured=None, bound=bound, sentence=text)


def _unknown(identity: str, bound: float, text: str) -> Check:
    mend = " Without that the run cannot be believed. See the problems of the evidence."
    return Check(id=identity, ok=False, measured=None, bound=bound, sentence=text + mend)
