"""Whether a load and its criteria can be at all; the same for what stands in the YAML and for what a run asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from loadgen.config.schema import Safety
from loadgen.config.terms import SCRAPES, TERMS, Baseline, Scene
from loadgen.config.terms.latency import Latency
from loadgen.model.plan import Stage
from loadgen.model.quantities import duration_text
from loadgen.model.settings import Settings
from loadgen.shapes import SHAPES, Fault, Load
from loadgen.shapes.form import chosen, scaled, shortest_plateau, spans


class Course(Struct, frozen=True, kw_only=True):
    """A load with its shape, at a time scale."""

    load: Load
    shape: str
    settings: Settings
    time_scale: float = 1.0
    scrape_interval: float

    def faults(self, safety: Safety) -> tuple[Fault, ...]:
        """Everything about the curve that cannot be."""
        faults = (*self._unsafe(safety), *SHAPES[self.shape].faults(self.load, self.settings))
        return faults or tuple(self._short())

    def stages(self) -> tuple[Stage, ...]:
        """The exact curve; only for a course without faults."""
        return scaled(SHAPES[self.shape].stages(self.load, self.settings), self.time_scale)

    def _unsafe(self, safety: Safety) -> Iterator[Fault]:
        rate, duration = self.load.spawn_rate / self.time_scale, self.load.duration * self.time_scale
        if self.load.users > safety.max_users:
            yield Fault(path=("users",), text=f"{self.load.users}; allowed: {_most('max_users', safety.max_users)}")
        if rate > safety.max_spawn_rate:
            yield Fault(
                path=("spawn_rate",), text=f"{rate:g}/s; allowed: {_most('max_spawn_rate', safety.max_spawn_rate)}"
            )
        if duration > safety.max_duration:
            most = _most("max_duration", duration_text(safety.max_duration))
            yield Fault(path=("duration",), text=f"{duration_text(duration)}; allowed: {most}")

    def _short(self) -> Iterator[Fault]:
        least = SCRAPES * self.scrape_interval
        plateau = shortest_plateau(self.stages())
        if plateau is not None and plateau.end - plateau.start < least:
            yield Fault(
                path=("duration",),
                text=f"{duration_text(self.load.duration)}, with which the plateau of {plateau.phase} lasts "
                f"{plateau.end - plateau.start:g}s; allowed: plateaus of {SCRAPES} scrapes ({least:g}s) or more",
            )


def _most(key: str, value: object) -> str:
    return f"{value:g} or less (safety.{key})" if isinstance(value, float) else f"{value} or less (safety.{key})"


class Judged(Struct, frozen=True, kw_only=True):
    """By what a course is judged. `phases`: None is the default."""

    criteria: Mapping[str, Settings]
    latency: Latency
    phases: tuple[str, ...] | None


def scene_of(course: Course, judged: Judged, test_type: str, baseline: Baseline | None = None) -> Scene:
    """Where the criteria of one test type are to hold; only for a course without faults."""
    found = spans(course.stages())
    return Scene(
        test_type=test_type,
        spans=found,
        judged=chosen(tuple(found), judged.phases),
        time_scale=course.time_scale,
        scrape_interval=course.scrape_interval,
        latency_seconds=judged.latency.within,
        latency_share=judged.latency.share,
        baseline=baseline,
    )


def criteria_faults(scene: Scene, criteria: Mapping[str, Any]) -> Iterator[tuple[str, Fault]]:
    """For each kind of criterion why it could never pass here."""
    for kind, settings in criteria.items():
        missing = [phase for phase in TERMS[kind].needs if phase not in scene.spans]
        if missing:
            text = (
                f"{kind}, but the shape has no phase {' and no '.join(missing)}; allowed: criteria that fit the shape"
            )
            yield kind, Fault(path=(), text=text)
        else:
            for key, text in TERMS[kind].faults(settings, scene):
                yield kind, Fault(path=(key,), text=text)
