"""The resources as a block of text: each against its limit, phase by phase, and what gave way first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loadgen.model.evidence import Evidence
from loadgen.model.measured import GENERATOR_ROLE, ResourceUse
from loadgen.model.plan import Plan
from loadgen.model.quantities import clock_text
from loadgen.model.verdict import Verdict
from loadgen.resources import CELSIUS
from loadgen.verdict.saturation import figure

Row = tuple[str, ...]


def resource_lines(plan: Plan, evidence: Evidence, verdict: Verdict) -> list[str]:
    """The block; empty for a run of which no resource was to be measured."""
    told = [f"  {verdict.saturation.sentence}"] if verdict.saturation else []
    missing = [f"  {text}" for text in evidence.unmeasured if not (told and text in told[0])]
    rows = list(_aligned(plan, evidence.resources)) if evidence.resources else []
    if not (told or missing or rows):
        return []
    return ["Resources, mean/highest use in each phase", *rows, *told, *missing]


def _aligned(plan: Plan, uses: Sequence[ResourceUse]) -> Iterator[str]:
    phases = [phase.name for phase in plan.phases if any(phase.name in phase_figures(use) for use in uses)]
    rows: list[Row] = [("resource", "limit", *phases, "at its limit")]
    rows += [_row(use, phases) for use in sorted(uses, key=order)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for first, *others in rows:
        cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        yield "  " + "  ".join((first.ljust(widths[0]), *cells))


def phase_figures(use: ResourceUse) -> dict[str, str]:
    """By phase mean and highest use, in the unit of the limit."""
    factor = 1 if use.unit == CELSIUS else 100
    return {phase.phase: f"{_short(factor * phase.mean)}/{_short(factor * phase.maximum)}" for phase in use.phases}


def _short(value: float) -> str:
    """Three digits that count, so that what is just below a limit does not look like it."""
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def order(use: ResourceUse) -> tuple[bool, float, float, str]:
    """The target's before the instrument's; what reached its limit first, then what came closest to it."""
    highest = max((phase.maximum / use.limit for phase in use.phases), default=0.0)
    there = (moment for moment in (use.already, use.reached) if moment is not None)
    return use.role == GENERATOR_ROLE, min(there, default=float("inf")), -highest, use.id


def _row(use: ResourceUse, phases: Sequence[str]) -> Row:
    name = f"{use.id} (generator)" if use.role == GENERATOR_ROLE else use.id
    seen = phase_figures(use)
    return name, figure(use.limit, use.unit), *(seen.get(phase, "-") for phase in phases), reached_text(use)


def reached_text(use: ResourceUse) -> str:
    """When it was at its limit: `from 0:31 to 1:29`; a dash for never."""
    told = []
    if use.already is not None:
        first = "before the load" if use.already <= 0 else f"when first seen, {clock_text(use.already)}"
        told.append(f"{first}{_to(use.already_left)}")
    if use.reached is not None:
        told.append(f"from {clock_text(use.reached)}{_to(use.left)}")
    if use.at_end is not None:
        told.append(f"at the end, {clock_text(use.at_end)}")
    return "; ".join(told) or "-"


def _to(left: float | None) -> str:
    return "" if left is None else f" to {clock_text(left)}"
