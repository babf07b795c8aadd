"""The Evidence: all that a verdict needs, taken from Prometheus and the RunRecord; Prometheus may then be gone."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from loadgen.model.measured import Machine, ResourceUse

SCHEMA_VERSION = 1


class Tally(Struct, frozen=True, kw_only=True):
    """The books of one operation in one phase.

    `buckets`: cumulative counts by response time, one for each edge of the plan and one for `+Inf`; failed operations
    are in `+Inf` only. `total_seconds`: sum of the response times of all operations.
    """

    test_type: str
    name: str
    phase: str
    requests: int
    failures: dict[str, int]
    buckets: tuple[int, ...]
    total_seconds: float


class Blocks(Struct, frozen=True, kw_only=True):
    """The books of one operation in one judged phase, in blocks of time; they add up to its tally."""

    test_type: str
    name: str
    phase: str
    times: tuple[float, ...]
    """Seconds of plan time: where the first block begins, and where each ends. What was due in the phase and ended
    after it is in the last block."""
    requests: tuple[int, ...]
    failures: tuple[int, ...]
    buckets: tuple[tuple[int, ...], ...]
    """Of each block the cumulative counts by response time, as in a tally."""


class Extremes(Struct, frozen=True, kw_only=True):
    """Smallest and largest response time of an operation's successes, in seconds; None without any."""

    test_type: str
    name: str
    minimum: float | None
    maximum: float | None


class Series(Struct, frozen=True, kw_only=True):
    """A time series: `times` are Unix seconds, ascending; a value is None where nothing was known (never a 0)."""

    name: str
    labels: dict[str, str]
    unit: str
    times: tuple[float, ...]
    values: tuple[float | None, ...]


class AlertTransition(Struct, frozen=True, kw_only=True):
    """An alert began or ceased to fire. `at`: Unix seconds."""

    at: float
    alert: str
    labels: dict[str, str]
    state: str


class Query(Struct, frozen=True, kw_only=True):
    """One question to Prometheus and its raw answer."""

    id: str
    expression: str
    time: float | None
    """Unix seconds of an instant query."""
    start: float | None = None
    end: float | None = None
    step: float | None = None
    warnings: tuple[str, ...] = ()
    answer: Any = None
    """None where all of it stands in the evidence itself."""


class Evidence(Struct, frozen=True, kw_only=True):
    """Written to `evidence.json`. `complete` is False when something could not be had; `problems` says what."""

    schema_version: int = SCHEMA_VERSION
    run_id: str
    complete: bool
    problems: tuple[str, ...]
    tallies: tuple[Tally, ...]
    extremes: tuple[Extremes, ...]
    service_times: tuple[Tally, ...]
    """loadtest_request_duration_seconds; its phase is empty, its failures too."""
    lag: dict[str, tuple[int, int]]
    """By phase: operations begun later than the plan's `late_seconds`, operations."""
    series: tuple[Series, ...]
    values: dict[str, float | str]
    """By criterion: what telemetry exposed as loadtest_criterion_value; `never` stands for +Inf."""
    alerts: tuple[AlertTransition, ...]
    firing: tuple[str, ...]
    """Identities of the criteria whose acceptance alert fired at the last evaluation, by the plan's own rules."""
    evaluated: float | None
    """Unix seconds of the last evaluation of the rules."""
    scrape_gap: float | None
    """Longest time in seconds for which the telemetry was unseen between start and final scrape; None: never seen."""
    resets: int
    """Counter resets in the run."""
    queries: tuple[Query, ...]
    resources: tuple[ResourceUse, ...] = ()
    unmeasured: tuple[str, ...] = ()
    """Of the resources: sentences on what should have been measured and was not, or only in part."""
    unmeasured_from: float | None = None
    """Seconds of plan time from which on any of that was missing; None: nothing was."""
    machines: tuple[Machine, ...] = ()
    """Those of the exporters that were scraped, the target's among them."""
    alerting: tuple[str, ...] | None = None
    """Criteria of which any acceptance alert of the run fired then, whoever's rule it was; None: not known."""
    blocks: tuple[Blocks, ...] = ()
    """Of the judged phases; runs are compared by them."""
    worst: dict[str, float] | None = None
    """Of the criteria that may stop the run the most that was recorded of them while it went on; None: not known."""
