"""The Verdict: PASS, FAIL or INVALID, with a line for each criterion and each validity check."""

from __future__ import annotations

from msgspec import Struct

from loadgen.model.measured import Saturation

SCHEMA_VERSION = 1

PASS, FAIL, INVALID = "PASS", "FAIL", "INVALID"
PASSED, FAILED, UNKNOWN = "passed", "failed", "unknown"

EXIT_PASS, EXIT_FAIL, EXIT_INVALID, EXIT_USAGE, EXIT_ENVIRONMENT, EXIT_INTERNAL = range(6)
EXIT_INTERRUPTED = 128
"""Plus the signal's number: 130 for SIGINT, 143 for SIGTERM."""


class Line(Struct, frozen=True, kw_only=True):
    """One criterion, judged."""

    criterion: str
    kind: str
    status: str
    """passed · failed · unknown (too few samples, no baseline, not observed long enough)."""
    measured: float | str | None
    """In the unit of `bound`; `never` for a target that did not recover; None when nothing was measured."""
    bound: float | None
    unit: str
    """ratio · seconds · operations per second · of growth such as `bytes per hour` · of a query its own, or none."""
    margin: float | None
    """How far inside the bound, as a share of the bound; negative outside; None when unknown."""
    samples: int
    minimum: int
    sentence: str
    """For a person: what was measured, against what, and if it is unknown why and how to mend it."""
    query: str
    """The PromQL whose answer `measured` is."""
    details: dict[str, float | str | None] = {}
    """Beside the judgement: estimated quantiles with their error, the ramp step that broke first, …"""


class Check(Struct, frozen=True, kw_only=True):
    """One validity check."""

    id: str
    ok: bool
    measured: float | str | None
    bound: float | str | None
    sentence: str


class Verdict(Struct, frozen=True, kw_only=True):
    """Written to `verdict.json`."""

    schema_version: int = SCHEMA_VERSION
    run_id: str
    scenario: str
    verdict: str
    exit_code: int
    sentence: str
    criteria: tuple[Line, ...]
    validity: tuple[Check, ...]
    notes: tuple[str, ...] = ()
    saturation: Saturation | None = None
    """None in verdicts of runs that measured no resources."""
