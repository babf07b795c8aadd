"""The Comparison: what differs between runs before and after, and how surely."""

from __future__ import annotations

from msgspec import Struct

SCHEMA_VERSION = 1

REGRESSION, IMPROVEMENT, SAME, UNCLEAR, TOO_FEW = "regression", "improvement", "same", "unclear", "too_few"
"""Of one measure: changed for the worse or the better by more than the smallest effect · any change is smaller than the
largest that is tolerated unseen, of this measure by itself · a change of that size can be neither shown nor excluded ·
too few samples to say."""

EXIT_NONE, EXIT_REGRESSION, EXIT_UNCLEAR, EXIT_REFUSED = range(4)
"""`loadgen compare`: no regression · a regression · it cannot tell · the runs cannot be compared, or usage."""

BLOCKS, RUNS = "blocks", "runs"
"""The unit: blocks of time within the runs, or whole runs."""

RATE, ERROR_RATE, P50, P95, P99 = MEASURES = ("rate", "error_rate", "p50", "p95", "p99")


class Side(Struct, frozen=True, kw_only=True):
    """A run that takes part."""

    run_id: str
    folder: str
    """Its last two parts, never where it lies on this machine."""
    started: float | None
    verdict: str
    version: str
    commit: str
    target: str


class Measure(Struct, frozen=True, kw_only=True):
    """One figure before and after."""

    measure: str
    """One of MEASURES."""
    unit: str
    """operations per second · ratio · seconds."""
    base: float | None
    run: float | None
    difference: float | None
    """Of a rate or a time relative: 0.2 is 20 % more; of an error rate in itself: 0.01 is one point more."""
    low: float | None
    high: float | None
    """The interval that holds the difference at the stated confidence, for all measures of the comparison at once."""
    own_low: float | None = None
    """The measure by itself: the difference is above this at the stated confidence, and below `own_high` likewise."""
    own_high: float | None = None
    p: float | None
    """Corrected for the number of measures."""
    smallest: float
    """The effect below which nothing is called a change, in the terms of `difference`."""
    status: str
    sentence: str


class Compared(Struct, frozen=True, kw_only=True):
    """One operation, one test type as a whole (`name` empty) or all (both empty)."""

    test_type: str
    name: str
    judged: bool
    measures: tuple[Measure, ...]


class Curve(Struct, frozen=True, kw_only=True):
    """A series of one run over seconds of plan time, for overlaying."""

    side: str
    """base or run."""
    run_id: str
    name: str
    """rate · error_rate · p95."""
    test_type: str
    times: tuple[float, ...]
    values: tuple[float | None, ...]


class Comparison(Struct, frozen=True, kw_only=True):
    """Written to `comparison.json`; docs/comparison.schema.json describes it."""

    schema_version: int = SCHEMA_VERSION
    base: tuple[Side, ...]
    run: tuple[Side, ...]
    scenario: str
    test_type: str
    time_scale: float
    unit: str
    """BLOCKS or RUNS."""
    method: str
    """Sentences: what was the unit, which test, how it was corrected."""
    confidence: float
    """Of all intervals together, 0…1."""
    tests: int
    """Measures that were tested."""
    forced: tuple[str, ...]
    """Why the comparison would have been refused; empty unless it was forced."""
    differences: tuple[str, ...]
    """What else differs between the sides, such as a setting of the target or a commit."""
    compared: tuple[Compared, ...]
    """All as one, the test types, then the operations in the order of the plan."""
    curves: tuple[Curve, ...]
    conclusion: str
    """regression · none · unclear."""
    exit_code: int
    sentence: str
