"""Whether a run is stopped by its own criteria (`abort_on`). Pure: what is seen and when come in as arguments."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from loadgen.model.plan import AbortRule, Plan
from loadgen.model.quantities import duration_text
from loadgen.query.live import Snapshot


class Breach(Struct, frozen=True, kw_only=True):
    """The criterion that stops the run, and why as a sentence."""

    criterion: str
    text: str


class Abort:
    """Looks at one snapshot after the other.

    No snapshot, or one whose rules were not evaluated lately, is no evidence, neither of a breach nor of its end:
    nothing is decided by it, and the delay begins anew only when an alert was seen not to fire.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._oldest = plan.validity.scrape_gap_intervals * plan.scrape_interval
        self._since: dict[str, float] = {}
        """By criterion, since when its alert fires, in elapsed seconds; absent while it does not."""

    def look(self, elapsed: float, snapshot: Snapshot) -> Breach | None:
        """What stops the run now. `elapsed`: seconds of plan time; after the load's end nothing does."""
        if elapsed >= self._plan.duration or not self._is_evidence(snapshot):
            return None
        for rule in self._plan.abort_on:
            if rule.criterion in snapshot.firing_criteria:
                self._since.setdefault(rule.criterion, elapsed)
            else:
                self._since.pop(rule.criterion, None)
        return next((self._breach(rule, elapsed, snapshot) for rule in self._due(elapsed, snapshot)), None)

    def waiting(self, elapsed: float, snapshot: Snapshot) -> dict[str, str]:
        """By criterion that is breached: what is still waited for before it stops the run."""
        return {
            rule.criterion: self._missing(rule, elapsed, snapshot)
            for rule in self._plan.abort_on
            if rule.criterion in self._since
        }

    def _is_evidence(self, snapshot: Snapshot) -> bool:
        return snapshot.problem is None and snapshot.age is not None and snapshot.age <= self._oldest

    def _due(self, elapsed: float, snapshot: Snapshot) -> Iterator[AbortRule]:
        for rule in self._plan.abort_on:
            since = self._since.get(rule.criterion)
            if since is not None and elapsed - since >= rule.delay and _samples(rule, snapshot) >= rule.minimum:
                yield rule

    def _breach(self, rule: AbortRule, elapsed: float, snapshot: Snapshot) -> Breach:
        fired, samples = elapsed - self._since[rule.criterion], _samples(rule, snapshot)
        text = (
            f"Stopped by {rule.criterion}, which had been breached for {fired:.1f} s without a break, "
            f"over {samples:.0f} samples."
        )
        return Breach(criterion=rule.criterion, text=text)

    def _missing(self, rule: AbortRule, elapsed: float, snapshot: Snapshot) -> str:
        left = rule.delay - (elapsed - self._since[rule.criterion])
        samples = _samples(rule, snapshot)
        waits = [f"{left:.0f} s of {duration_text(rule.delay)}"] if left > 0 else []
        waits += [f"{rule.minimum - samples:.0f} of {rule.minimum} samples"] if samples < rule.minimum else []
        return f"stops the run in {' and '.join(waits)}" if waits else "stops the run"


def _samples(rule: AbortRule, snapshot: Snapshot) -> float:
    return snapshot.samples.get(rule.criterion, 0.0)
