"""What can be said about stages, whatever their shape: their phases, their plateaus, and the same curve faster."""

from __future__ import annotations

from collections.abc import Sequence

from loadgen.model.plan import RECOVERY, STEADY, Stage

RAMP = "ramp"
"""Stands for every phase `ramp-<nn>`."""


def spans(stages: Sequence[Stage]) -> dict[str, tuple[float, float]]:
    """Start and end of every phase, in order."""
    found: dict[str, tuple[float, float]] = {}
    for stage in stages:
        start, _ = found.get(stage.phase, (stage.start, stage.end))
        found[stage.phase] = (start, stage.end)
    return found


def scaled(stages: Sequence[Stage], factor: float) -> tuple[Stage, ...]:
    """The same curve, `factor` times as long: every time is multiplied, no number of users changes."""
    if factor == 1:
        return tuple(stages)
    return tuple(
        Stage(
            phase=stage.phase,
            start=round(stage.start * factor, 9),
            end=round(stage.end * factor, 9),
            from_users=stage.from_users,
            to_users=stage.to_users,
        )
        for stage in stages
    )


def shortest_plateau(stages: Sequence[Stage]) -> Stage | None:
    """The plateau that lasts least; None without any."""
    plateaus = [stage for stage in stages if stage.from_users == stage.to_users]
    return min(plateaus, key=lambda stage: stage.end - stage.start, default=None)


def judged_by_default(phase: str) -> bool:
    """Whether a phase is judged unless the YAML says otherwise."""
    return phase in (STEADY, RECOVERY) or phase.startswith(f"{RAMP}-")


def chosen(phases: Sequence[str], wanted: Sequence[str] | None) -> tuple[str, ...]:
    """The judged ones among `phases`: those wanted (`ramp` stands for every step), or without a wish the default."""
    if wanted is None:
        return tuple(phase for phase in phases if judged_by_default(phase))
    return tuple(p for p in phases if p in wanted or (RAMP in wanted and p.startswith(f"{RAMP}-")))


def phase_names(phases: Sequence[str]) -> frozenset[str]:
    """What may stand for these phases in the YAML."""
    return frozenset(phases) | {RAMP for phase in phases if phase.startswith(f"{RAMP}-")}
