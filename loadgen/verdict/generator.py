"""Did the load generator do its own part? What waits because of it says nothing about the target."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from loadgen.criteria.shares import percent
from loadgen.model.evidence import Evidence, Series
from loadgen.model.plan import Plan, Stage
from loadgen.model.quantities import duration_text
from loadgen.model.record import RunRecord
from loadgen.model.verdict import Check
from loadgen.verdict.span import Stretch, cut, stretches, sums, values, watched

CPU, USERS = "generator_cpu", "users"
"""Names of the series: by worker the share of a core, by test type the active users."""

SETTLING, SETTLING_SHARE = 3, 0.5
"""After the start of a plateau its users are counted so many scrapes later, for what is seen is a scrape old; but that
takes no more than this share of the plateau, so that something is left of the shortest."""


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
    if _ended_early(plan, record, spans):
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
    plateaus = _plateaus(plan, record)
    if _ended_early(plan, record, [span for span, _ in plateaus]):
        return _too_soon("users", bound, "the users on a plateau")
    known = [(share, stage) for span, stage in plateaus if (share := _lowest(stage, span, seen)) is not None]
    unseen = [stage.phase for span, stage in plateaus if _due(span, seen) and _lowest(stage, span, seen) is None]
    if unseen or not known:
        where = ", ".join(dict.fromkeys(unseen)) or "the plateaus"
        return _unknown("users", bound, f"How many users were at work in {where} was not measured.")
    share, stage = min(known, key=lambda entry: entry[0])
    ok = share >= bound
    said = (
        f"In {stage.phase} at least {percent(share)} of the planned {stage.to_users} users were at work; "
        f"{percent(bound)} are needed."
    )
    mend = " The generator did not put on the planned load: see its log."
    return Check(id="users", ok=ok, measured=share, bound=bound, sentence=said + ("" if ok else mend))


def _plateaus(plan: Plan, record: RunRecord) -> tuple[tuple[Stretch, Stage], ...]:
    """The watched plateaus as far as the run came, without the time that they take to settle."""
    names = watched(plan)
    flat = [stage for stage in plan.stages if stage.from_users == stage.to_users > 0 and stage.phase in names]
    settled = [(cut(record, stage.start + _settling(plan, stage), stage.end), stage) for stage in flat]
    return tuple((span, stage) for span, stage in settled if span is not None)


def _settling(plan: Plan, stage: Stage) -> float:
    return min(SETTLING * plan.scrape_interval, SETTLING_SHARE * (stage.end - stage.start))


def _lowest(stage: Stage, span: Stretch, seen: Sequence[Series]) -> float | None:
    """The smallest share of the planned users that was seen; None without any sample."""
    found = list(sums(seen, (span,))) if seen else []
    return min(found) / stage.to_users if found else None


def _due(span: Stretch, seen: Sequence[Series]) -> bool:
    """Whether a sample must lie within the stretch; those of a long run are further apart than its scrapes."""
    apart = [later - earlier for series in seen for earlier, later in pairwise(series.times)]
    return span[1] - span[0] > max(apart, default=0.0)


def _ended_early(plan: Plan, record: RunRecord, spans: Sequence[Stretch]) -> bool:
    """Whether the run was stopped before a sample was due for certain. One that was not has no such excuse."""
    longest = max((end - start for start, end in spans), default=0.0)
    needed = plan.validity.scrape_gap_intervals * plan.scrape_interval
    return record.outcome != "completed" and longest <= needed


def _too_soon(identity: str, bound: float, what: str) -> Check:
    text = f"The run ended too soon for {what} to be looked at."
    return Check(id=identity, ok=True, measured=None, bound=bound, sentence=text)


def _unknown(identity: str, bound: float, text: str) -> Check:
    mend = " Without that the run cannot be believed. See the problems of the evidence."
    return Check(id=identity, ok=False, measured=None, bound=bound, sentence=text + mend)
