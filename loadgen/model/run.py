"""A run as its folder tells it: the four records together."""

from __future__ import annotations

from msgspec import Struct

from loadgen.model.evidence import Evidence
from loadgen.model.plan import Plan
from loadgen.model.record import RunRecord
from loadgen.model.verdict import Verdict


class Run(Struct, frozen=True, kw_only=True):
    """A run that came to its end."""

    plan: Plan
    record: RunRecord
    evidence: Evidence
    verdict: Verdict
    folder: str
    """The last two parts of its path, never where it lies on this machine."""
