"""How a run speaks to whoever started it, without printing anything itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from loadgen.model.evidence import Evidence
from loadgen.model.plan import Plan
from loadgen.model.record import RunRecord
from loadgen.model.verdict import Verdict
from loadgen.query.live import Snapshot
from loadgen.run.surroundings import Finding


class Ending(Struct, frozen=True, kw_only=True):
    """What a run came to, and where it is written."""

    plan: Plan
    record: RunRecord
    evidence: Evidence
    verdict: Verdict
    folder: Path


class Listener(Protocol):
    """Hears how the run goes. None of the methods may raise."""

    def said(self, text: str) -> None:
        """A sentence for the user."""

    def found(self, finding: Finding) -> None:
        """A check of the preflight."""

    def shows(self, plan: Plan, elapsed: float, snapshot: Snapshot, waits: Mapping[str, str]) -> None:
        """At least once a second during the load; `elapsed` seconds since plan time 0.

        `waits`: by criterion that is breached what is waited for before it stops the run.
        """

    def ends(self) -> None:
        """The load is over."""

    def judged(self, ending: Ending) -> None:
        """The verdict; the records are written."""
