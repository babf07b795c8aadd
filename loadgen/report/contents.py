"""The content of a report: every figure that any format shows, put together once from a run's records.

Formats show it and compute nothing. Its JSON is the published format; docs/report.schema.json describes it.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from loadgen.model.evidence import AlertTransition, Series
from loadgen.model.measured import Machine, ResourceUse, Saturation
from loadgen.model.plan import Phase
from loadgen.model.record import Event
from loadgen.model.verdict import Check, Line

SCHEMA_VERSION = 1


class Row(Struct, frozen=True, kw_only=True):
    """The figures of one operation, of one test type as a whole (`name` empty) or of all (both empty).

    As a whole means the judged operations: health checks and the like would flatter the quantiles. Counts are those of
    the judged phases, or of the one in `phase`. Times are seconds; a quantile is the time within which so many of all
    operations succeeded, estimated from buckets, and None when too few did or there were none.
    """

    test_type: str
    name: str
    phase: str = ""
    """Empty: the judged phases together."""
    judged: bool
    count: int
    share: float | None
    """Of all operations in the same phases, 0…1; None when there were none."""
    rate: float | None
    """Operations per second; None where no length of time is known."""
    failures: int
    failure_share: float | None
    reasons: dict[str, int]
    """Failures by reason, the most frequent first; those without any are absent."""
    mean: float | None
    """Of all operations; one that failed counts with the time until it had failed."""
    minimum: float | None
    """Of the successes of the whole run, for no other minimum is kept; so is `maximum`."""
    maximum: float | None
    quantiles: dict[str, float | None]
    """By name, such as `p95`; never below the shortest or above the longest success of the whole run."""


class Distribution(Struct, frozen=True, kw_only=True):
    """How the response times of the judged phases are distributed over the buckets."""

    test_type: str
    name: str
    """Empty for a test type as a whole."""
    edges: tuple[float, ...]
    """Upper edges in seconds, ascending."""
    counts: tuple[int, ...]
    """Successes in each bucket, not cumulative, and at the end those above the last edge together with the failed."""


class Bound(Struct, frozen=True, kw_only=True):
    """The response time that a latency criterion allows, for charts."""

    criterion: str
    test_type: str
    operations: tuple[str, ...]
    """Names of those that it counts."""
    seconds: float


class Recovery(Struct, frozen=True, kw_only=True):
    """How long a test type took to be back after the spike."""

    criterion: str
    test_type: str
    seconds: float | str | None
    """`never` when it was not back; None when that is not known."""
    spike_end: float
    """Seconds of plan time from which it is counted."""
    bound: float | None
    status: str
    sentence: str


class Failure(Struct, frozen=True, kw_only=True):
    """One operation that failed, as it was kept. Its text is the target's own and may hold anything."""

    at: float
    """Seconds of plan time."""
    test_type: str
    name: str
    phase: str
    reason: str
    status: str
    """The protocol's own, such as `500` or `UNAVAILABLE`; empty when there was none."""
    detail: str
    """What went wrong, and behind it an excerpt of the answer."""
    response_time: float | None
    """Seconds until it had failed."""
    request_id: str


class Asked(Struct, frozen=True, kw_only=True):
    """A query behind the numbers. Times are Unix seconds; `step` is None for an instant query."""

    id: str
    expression: str
    start: float | None
    end: float | None
    step: float | None


class Report(Struct, frozen=True, kw_only=True):
    """Everything. Times of series, phases and alerts are Unix seconds unless they say plan time."""

    schema_version: int = SCHEMA_VERSION
    run_id: str
    scenario: str
    purpose: str
    test_type: str
    target: str
    time_scale: float
    users: int
    """At the peak, as planned."""
    most_users: int | None
    """The most at once that there were; None when nobody counted them."""
    planned: float
    """Seconds of load."""
    load_end: float
    """Seconds of plan time at which the load ended: those planned, or fewer after an early end."""
    started: float | None
    """Unix seconds; None when no load was sent."""
    ended: float | None
    outcome: str
    verdict: str
    exit_code: int
    sentence: str
    criteria: tuple[Line, ...]
    validity: tuple[Check, ...]
    notes: tuple[str, ...]
    problems: tuple[str, ...]
    """What could not be had from Prometheus; with any, the numbers may be incomplete."""
    saturation: Saturation | None
    recovery: tuple[Recovery, ...]
    phases: tuple[Phase, ...]
    """Those that were reached, in seconds of plan time, the last one cut where the load ended early."""
    counted_phases: tuple[str, ...]
    """Those that were reached of which rows and distributions are counted."""
    counted_seconds: float
    rows: tuple[Row, ...]
    """All as one, the test types, then the operations in the order of the plan. One of which the evidence knows nothing
    is absent."""
    phase_rows: tuple[Row, ...]
    """The same of every phase, judged or not, in their order: all as one, and the test types. The drain, or what an
    early end cut off, is last and there only when it has operations."""
    distributions: tuple[Distribution, ...]
    """For each of `rows`."""
    bounds: tuple[Bound, ...]
    failures: tuple[Failure, ...]
    failures_left_out: int
    """Kept samples beyond those shown."""
    series: tuple[Series, ...]
    """For charts; what a criterion alone is computed from stands in the evidence."""
    resources: tuple[ResourceUse, ...]
    unmeasured: tuple[str, ...]
    alerts: tuple[AlertTransition, ...]
    events: tuple[Event, ...]
    version: str
    commit: str
    environment: dict[str, Any]
    """The generator's own machine and software."""
    machines: tuple[Machine, ...]
    """Those of the exporters, the target's among them."""
    prometheus: dict[str, Any]
    plan: dict[str, Any]
    """The compiled plan; secrets never stand in it."""
    queries: tuple[Asked, ...]
