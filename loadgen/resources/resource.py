"""What every kind of resource offers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from loadgen.model.plan import Plan
from loadgen.resources.selection import window

RATIO, CELSIUS = "ratio", "celsius"
"""Units of a use: a share of what there is, or degrees."""


class Shown(Struct, frozen=True):
    """A series of an exporter's: its labels beside job, instance and run, and its value, of a counter the growth."""

    metric: str
    value: float
    labels: Mapping[str, str] = {}
    counter: bool = False


class Example(Struct, frozen=True):
    """A resource at a given use: the values of its `by` labels, what exporters show of it, and how many wait for it."""

    labels: Mapping[str, str]
    series: Sequence[Shown]
    waiting: float = 0.0


class Resource(Struct, frozen=True, kw_only=True):
    """A kind of resource. All functions are pure.

    use(plan): PromQL of what is in use, in the kind's unit, a series for each resource by `instance` and `by`; None
    where the plan has nothing of the kind to ask for. A point is absent where nothing was read.
    waiting(plan): PromQL, by the same labels, of how many wait. Where it exists, a resource is at its limit only while
    somebody waits.
    expected(plan): the labels of the series that there must be, one entry each; more may turn up.
    role(plan, labels): whose resource it is, target or generator.
    jobs(plan): whose series are asked for.
    examples(plan, use): series with which `use` and `waiting` must answer just this, beside some that must not count.
    """

    kind: str
    alert: str
    """Name of the alert that fires while it is at its limit for most of the hold."""
    unit: str = RATIO
    limit: float
    """The usual one, in `unit`."""
    title: str
    """How a sentence names it, such as `CPU of {subject}`."""
    state: str
    """How a sentence says its use, such as `{use} of its cores in use`; `{use}` of a full ratio is `all`."""
    by: tuple[str, ...] = ()
    """The labels, beside `instance`, that tell one from the other."""
    jobs: Callable[[Plan], Sequence[str]]
    use: Callable[[Plan], str | None]
    waiting: Callable[[Plan], str] | None = None
    examples: Callable[[Plan, float], Sequence[Example]]
    expected: Callable[[Plan], Sequence[Mapping[str, str]]]
    role: Callable[[Plan, Mapping[str, str]], str]
    rate: bool = False
    """The use is a rate over `selection.window`, so a point speaks of the window before it."""
    appears: bool = False
    """It comes into being when it is first used: that nothing is known of it before is no gap."""

    def window(self, plan: Plan) -> float:
        """Seconds of which a point speaks: of a rate its window, of a gauge the moment."""
        return window(plan) if self.rate else 0.0

    def resolution(self, plan: Plan) -> float:
        """Seconds by which the moment may be wrong at which it reached its limit."""
        return max(self.window(plan), plan.scrape_interval)
