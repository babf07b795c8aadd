"""A scenario's criteria → the plan's: by test type, for operations with bounds of their own, for the whole run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from loadgen.config import Baseline, ConfiguredOperation, Problem
from loadgen.config.loads import scene_of
from loadgen.config.terms import TERMS, Resolved, Scene
from loadgen.model.measured import Measured
from loadgen.model.plan import Criterion
from loadgen.plan.asked import Asked

Found = tuple[Criterion, str | None]
"""A criterion and what the user should know of it before the load."""


def criteria_of(
    asked: Asked, operations: Iterable[ConfiguredOperation], measured: Measured, baseline: Baseline | None
) -> tuple[Found, ...]:
    """All criteria, by test type and in the order of the scenario; none for what no operation is judged by.

    Those of the whole run come last; none for what is not measured.
    """
    judged = [operation for operation in operations if operation.judged]
    found: list[Found] = []
    for test_type in asked.shares:
        scene = scene_of(asked.course, asked.judged, test_type, baseline)
        mine = [operation for operation in judged if operation.test_type == test_type]
        for kind in asked.scenario.criteria:
            found += _of_kind(kind, asked, scene, mine)
    for kind in asked.scenario.criteria:
        found += _of_run(kind, asked, measured)
    return tuple(found)


def unjudged(asked: Asked, found: Iterable[Found], measured: Measured) -> Iterator[Problem]:
    """Criteria of the scenario that judge nothing, or no operation of a test type: it could pass unseen.

    And those that need what is not measured.
    """
    there = {(criterion.kind, criterion.test_type) for criterion, _ in found}
    for place, kind in enumerate(asked.scenario.criteria):
        path = ("scenarios", asked.scenario.name, "criteria", place)
        for key, text in TERMS[kind].unmet(asked.scenario.criteria[kind], measured):
            yield asked.config.problem(path, f"{kind}: {key}: {text}")
        if TERMS[kind].whole is not None:
            if (kind, "") not in there:
                yield asked.config.problem(path, f"{kind} {TERMS[kind].lacking}")
            continue
        lacking = [test_type for test_type in asked.shares if (kind, test_type) not in there]
        if lacking:
            text = (
                f"{kind} judges no operation of {' and '.join(lacking)}; "
                "allowed: at least one judged operation without bounds of its own, which this run makes"
            )
            yield asked.config.problem(path, text)


def _of_kind(kind: str, asked: Asked, scene: Scene, operations: list[ConfiguredOperation]) -> Iterator[Found]:
    terms = TERMS[kind]
    if terms.resolve is None:
        return
    common = tuple(operation.name for operation in operations if operation.own.keys().isdisjoint(terms.without))
    if common:
        resolved = terms.resolve(asked.scenario.criteria[kind], scene)
        yield _criterion((kind, scene.test_type), common, resolved)
    for operation in operations:
        if kind in operation.own:
            resolved = terms.resolve(operation.own[kind], scene)
            yield _criterion((kind, scene.test_type, operation.name), (operation.name,), resolved)


def _of_run(kind: str, asked: Asked, measured: Measured) -> Iterator[Found]:
    whole = TERMS[kind].whole
    if whole is not None:
        scene = scene_of(asked.course, asked.judged, "")
        for what, resolved in whole(asked.scenario.criteria[kind], scene, measured).items():
            criterion, note = _criterion((kind, ""), (), resolved)
            yield msgspec.structs.replace(criterion, id=f"{kind}:{what}"), note


def _criterion(identity: tuple[str, ...], operations: tuple[str, ...], resolved: Resolved) -> Found:
    criterion = Criterion(
        id=":".join(identity),
        kind=identity[0],
        test_type=identity[1],
        operations=operations,
        phases=resolved.phases,
        bound=resolved.bound,
        minimum=resolved.minimum,
        options=resolved.options,
    )
    return criterion, resolved.note
