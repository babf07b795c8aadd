"""Can the numbers be believed? Everything seen, nothing lost, and the same in everybody's books."""

from __future__ import annotations

from collections.abc import Iterable

from loadgen.model.evidence import Evidence, Tally
from loadgen.model.plan import Plan
from loadgen.model.record import Count, RunRecord
from loadgen.model.verdict import Check
from loadgen.verdict.span import aborted_at

LOSSES = {
    "worker_lost": "Every worker",
    "master_lost": "The master",
    "prometheus_lost": "Prometheus",
    "telemetry_lost": "The telemetry process",
}
"""By kind of event: what must have been there all the time."""

Books = dict[tuple[str, str], tuple[int, int]]
"""By test type and operation: operations, failures."""


def losses(plan: Plan, record: RunRecord, evidence: Evidence) -> tuple[Check, ...]:  # noqa: ARG001 same for all checks
    """Nothing that a run needs went away meanwhile: one check for each.

    Only an abort by our own checks explains what is lost after it. The last operation's end explains nothing: a loss
    ends the load, and is seen only after that.
    """
    aborted = aborted_at(record)
    seen = [event for event in record.events if aborted is None or event.at <= aborted]
    return tuple(_lost(kind, name, [e.text for e in seen if e.kind == kind]) for kind, name in LOSSES.items())


def _lost(kind: str, name: str, texts: list[str]) -> Check:
    sentence = f"Lost during the run: {texts[0]}" if texts else f"{name} was there all the time."
    return Check(id=kind.replace("_", "-"), ok=not texts, measured=float(len(texts)), bound=0.0, sentence=sentence)


def gap(plan: Plan, record: RunRecord, evidence: Evidence) -> Check:  # noqa: ARG001 same for all checks
    """Prometheus saw the generator all the time."""
    bound = plan.validity.scrape_gap_intervals * plan.scrape_interval
    if evidence.scrape_gap is None:
        text = "Prometheus never saw the generator. See its log and the targets it was given."
        return Check(id="scrape-gap", ok=False, measured=None, bound=bound, sentence=text)
    ok = evidence.scrape_gap <= bound
    said = f"The longest time unseen by Prometheus was {evidence.scrape_gap:.3g} s; at most {bound:g} s are allowed."
    mend = "" if ok else " Something held the scrapes up: see whether the machine had too much to do."
    return Check(id="scrape-gap", ok=ok, measured=evidence.scrape_gap, bound=bound, sentence=said + mend)


def resets(plan: Plan, record: RunRecord, evidence: Evidence) -> Check:  # noqa: ARG001 same for all checks
    """No counter began again."""
    sentence = f"{evidence.resets} counters began again at 0 during the run; none may."
    return Check(
        id="counter-reset", ok=not evidence.resets, measured=float(evidence.resets), bound=0.0, sentence=sentence
    )


def complete(plan: Plan, record: RunRecord, evidence: Evidence) -> Check:  # noqa: ARG001 same for all checks
    """All evidence could be had."""
    if evidence.complete and record.final_scrape is not None:
        return Check(id="evidence", ok=True, measured=None, bound=None, sentence="The evidence is complete.")
    problems = evidence.problems or ("no scrape is certain to hold the last count",)
    sentence = f"The evidence is incomplete: {'; '.join(problems)}."
    return Check(id="evidence", ok=False, measured=float(len(problems)), bound=0.0, sentence=sentence)


def anything(plan: Plan, record: RunRecord, evidence: Evidence) -> Check:  # noqa: ARG001 same for all checks
    """Something was measured at all."""
    count = sum(tally.requests for tally in evidence.tallies)
    sentence = f"{count} operations were measured." if count else "Nothing was measured: not one operation was counted."
    return Check(id="measured", ok=count > 0, measured=float(count), bound=1.0, sentence=sentence)


def counts(plan: Plan, record: RunRecord, evidence: Evidence) -> Check:  # noqa: ARG001 same for all checks
    """Locust counted what Prometheus counted, to the last operation, and each histogram agrees with its counter."""
    if record.locust is None:
        text = "Locust's own final count is missing, so nothing confirms Prometheus' count."
        return Check(id="counts", ok=False, measured=None, bound=0.0, sentence=text)
    ours = _of_tallies(evidence.tallies)
    apart = _differences("Locust", _of_counts(record.locust), ours)
    apart += _differences("the workers' counters", _of_counts(record.workers), ours) if record.workers else []
    apart += [_unlike(tally) for tally in evidence.tallies if tally.buckets and tally.buckets[-1] != tally.requests]
    total = sum(requests for requests, _ in ours.values())
    sentence = f"Locust and Prometheus agree on {total} operations, to the last one."
    if apart:
        sentence = f"The counts differ in {len(apart)} places: {'; '.join(apart[:3])}."
    return Check(id="counts", ok=not apart, measured=float(len(apart)), bound=0.0, sentence=sentence)


def _of_tallies(tallies: Iterable[Tally]) -> Books:
    books: Books = {}
    for tally in tallies:
        requests, failures = books.get((tally.test_type, tally.name), (0, 0))
        now = requests + tally.requests, failures + sum(tally.failures.values())
        books[tally.test_type, tally.name] = now
    return {key: found for key, found in books.items() if found != (0, 0)}


def _of_counts(counts: Iterable[Count]) -> Books:
    books: Books = {}
    for count in counts:
        requests, failures = books.get((count.test_type, count.name), (0, 0))
        books[count.test_type, count.name] = requests + count.requests, failures + count.failures
    return {key: found for key, found in books.items() if found != (0, 0)}


def _differences(whose: str, theirs: Books, ours: Books) -> list[str]:
    return [
        f"{test_type} {name}: {whose} {_told(theirs.get((test_type, name)))}, "
        f"Prometheus {_told(ours.get((test_type, name)))}"
        for test_type, name in sorted(theirs.keys() | ours.keys())
        if theirs.get((test_type, name)) != ours.get((test_type, name))
    ]


def _told(found: tuple[int, int] | None) -> str:
    requests, failures = found or (0, 0)
    return f"{requests} ({failures} failed)"


def _unlike(tally: Tally) -> str:
    return (
        f"{tally.test_type} {tally.name} in {tally.phase}: {tally.requests} operations, "
        f"{tally.buckets[-1]} response times"
    )
