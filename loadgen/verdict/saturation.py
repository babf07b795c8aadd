"""Which resource gave way first, from the evidence alone: in figures, and in sentences for a person.

Only what the load brought to its limit gave way: what was there before the load or when it was first seen, and what
belongs to the instrument, is named but never first. Two moments that the measurement cannot tell apart are said to be
at about the same time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loadgen.criteria.shares import percent
from loadgen.model.evidence import Evidence
from loadgen.model.measured import GENERATOR_ROLE, ResourceUse, Saturation
from loadgen.model.plan import Plan
from loadgen.model.quantities import clock_text
from loadgen.model.record import RunRecord
from loadgen.resources import CELSIUS, RESOURCES

CLOSEST = 2
"""So many resources are named when none reached its limit."""


def saturation(plan: Plan, record: RunRecord, evidence: Evidence) -> Saturation | None:
    """What gave way first; None when no load was sent or no resource was to be measured."""
    if record.started is None or not (evidence.resources or evidence.unmeasured):
        return None
    target = [use for use in evidence.resources if use.role != GENERATOR_ROLE]
    reached = sorted((use for use in target if use.reached is not None), key=_moment)
    first = reached[0] if reached else None
    if not any(use.phases for use in target):
        sentences = [f"Which resource gave way is not known, for none was measured. {' '.join(evidence.unmeasured)}"]
    else:
        head = _first(plan, reached) if reached else _none(target)
        rest = (*_already(target), *_too_late(target), *_instrument(evidence), *_unmeasured(evidence, first))
        sentences = [*head, *rest]
    return Saturation(
        sentence=" ".join(sentence.strip() for sentence in sentences),
        first=first.id if first else None,
        at=first.reached if first else None,
        phase=_phase(plan, first) if first else None,
        value=first.value if first else None,
        limit=first.limit if first else None,
        unit=first.unit if first else None,
    )


def figure(value: float, unit: str) -> str:
    """A use or a limit for people: `97%`, `85 °C`."""
    return f"{value:.0f} °C" if unit == CELSIUS else percent(value)


def title(use: ResourceUse) -> str:
    """What a resource is called."""
    return RESOURCES[use.kind].title.format(subject=use.subject)


def state(use: ResourceUse, value: float) -> str:
    """How much of it was in use; `all` of what somebody can wait for."""
    kind = RESOURCES[use.kind]
    return kind.state.format(use="all" if kind.waiting is not None and value >= 1 else figure(value, use.unit))


def _moment(use: ResourceUse) -> float:
    return use.reached or 0.0


def _phase(plan: Plan, use: ResourceUse) -> str:
    """The phase of a moment that is known to a window only: that of the window's middle."""
    return plan.phase_at(_moment(use) + RESOURCES[use.kind].window(plan) / 2)


def _first(plan: Plan, reached: Sequence[ResourceUse]) -> Iterator[str]:
    first = reached[0]
    together = [use for use in reached if _alike(plan, first, use)]
    names = [title(use) for use in together]
    if len(together) == 1:
        yield f"{_capital(names[0])} gave way first: {_told(plan, first)}."
    else:
        told = "; ".join(f"{title(use)}, {_told(plan, use)}" for use in together)
        yield f"{_capital(_listed(names))} gave way first, at about the same time: {told}."
    later = reached[len(together) :]
    if later:
        more = f", and after that {len(later) - 1} more" if len(later) > 1 else ""
        apart = _moment(later[0]) - _moment(first)
        yield f"Next, {apart:.0f} s later: {title(later[0])}, {_told(plan, later[0])}{more}."
    else:
        yield "Nothing else reached its limit and stayed." if len(together) == 1 else ""


def _alike(plan: Plan, first: ResourceUse, other: ResourceUse) -> bool:
    apart = max(RESOURCES[use.kind].resolution(plan) for use in (first, other))
    return _moment(other) - _moment(first) <= apart if other is not first else True


def _told(plan: Plan, use: ResourceUse) -> str:
    value = use.limit if use.value is None else use.value
    until = "to the end of the load" if use.left is None else f"to {clock_text(use.left)}"
    limit = f", limit {figure(use.limit, use.unit)}" if value != use.limit else ""
    return f"{state(use, value)}{limit}, from {clock_text(_moment(use))} ({_phase(plan, use)}) {until}"


def _none(target: Sequence[ResourceUse]) -> Iterator[str]:
    near = sorted((use for use in target if use.already is None and use.phases), key=_closeness, reverse=True)
    closest = f" Closest: {'; '.join(_nearest(use) for use in near[:CLOSEST])}." if near else ""
    unsure = any(_at_first_sight(use) for use in target)
    none = "no resource was seen to reach its limit and stay" if unsure else "no resource reached its limit and stayed"
    yield f"Under the load {none} there.{closest}"


def _closeness(use: ResourceUse) -> tuple[float, float]:
    return max(phase.at_limit or 0.0 for phase in use.phases), max(phase.maximum for phase in use.phases) / use.limit


def _nearest(use: ResourceUse) -> str:
    longest = max(use.phases, key=lambda phase: phase.at_limit or 0.0)
    if longest.at_limit:
        return f"{title(use)}, at its limit for {percent(longest.at_limit)} of {longest.phase}"
    highest = max(use.phases, key=lambda phase: (phase.maximum, phase.at_limit is None))
    limit = figure(use.limit, use.unit)
    if highest.maximum >= use.limit and highest.at_limit is None:
        return f"{title(use)}, in {highest.phase} all in use, and whether anybody waited was not measured"
    if highest.maximum >= use.limit:
        return f"{title(use)}, in {highest.phase} all in use for a moment, but with nobody waiting"
    return f"{title(use)}, at most {figure(highest.maximum, use.unit)} of {limit} in {highest.phase}"


def _already(target: Sequence[ResourceUse]) -> Iterator[str]:
    for use in target:
        if use.already is not None:
            until = "" if use.already_left is None else f", until {clock_text(use.already_left)}"
            yield f"{_capital(title(use))} was at the limit {_when(use)}{until}{_doubt(use)}."


def _when(use: ResourceUse) -> str:
    if _at_first_sight(use):
        return f"when it was first seen ({clock_text(use.already or 0.0)})"
    return "already before the load began"


def _doubt(use: ResourceUse) -> str:
    return "; whether the load brought it there is not known" if _at_first_sight(use) else ""


def _at_first_sight(use: ResourceUse) -> bool:
    return use.already is not None and use.already > 0


def _too_late(target: Sequence[ResourceUse]) -> Iterator[str]:
    for use in target:
        if use.at_end is not None:
            yield (
                f"{_capital(title(use))} came to the limit at the very end ({clock_text(use.at_end)}), "
                "too late to tell whether it would have stayed there."
            )


def _instrument(evidence: Evidence) -> Iterator[str]:
    for use in evidence.resources:
        if use.role != GENERATOR_ROLE or (use.reached is None and use.already is None):
            continue
        came = f"was at the limit {_when(use)}"
        if use.reached is not None:
            came = f"came to the limit too, at {clock_text(use.reached)}"
        yield f"The load generator's own {title(use)} {came}: see the validity of the run."


def _unmeasured(evidence: Evidence, first: ResourceUse | None) -> Iterator[str]:
    start = evidence.unmeasured_from
    if start is None or (first is not None and start >= _moment(first)):
        return
    what = "that is the first" if first else "this holds"
    yield f"Not all was measured, so {what} only of what was. {' '.join(evidence.unmeasured)}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
