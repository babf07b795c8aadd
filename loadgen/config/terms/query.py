"""query: PromQL expressions of the user's own, each with a bound."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, model_validator

from loadgen.config.terms.term import Resolved, Scene, Terms
from loadgen.criteria.query import PLACEHOLDERS, strangers
from loadgen.model.measured import Measured
from loadgen.model.settings import Name, Named, Settings

_FORM = f"a PromQL expression; of placeholders {', '.join(PLACEHOLDERS)}"


def _expression(text: str) -> str:
    if not text.strip() or strangers(text):
        raise ValueError(_FORM)
    return text.strip()


Finite = Annotated[float, Field(allow_inf_nan=False, ge=-1e300, le=1e300)]


class Question(Settings):
    """An expression, and on which side of which bound its answer must be. `unit` is for the reader."""

    expr: Annotated[str, AfterValidator(_expression)]
    at_most: Finite | None = None
    at_least: Finite | None = None
    unit: Name | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> Question:
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError("either at_most or at_least")
        return self


class Query(Named):
    """Questions by the names that they have in the verdict."""

    entry: ClassVar[type[Settings]] = Question
    entries: dict[str, Question] = Field(default_factory=dict)


def whole(settings: Query, scene: Scene, measured: Measured) -> dict[str, Resolved]:  # noqa: ARG001 asked for by name
    """A criterion for each question; it is asked when the last judged phase ends."""
    start = min(scene.spans[phase][0] for phase in scene.judged)
    end = max(scene.spans[phase][1] for phase in scene.judged)
    return {name: _resolved(one, scene, start, end) for name, one in settings.entries.items()}


def _resolved(question: Question, scene: Scene, start: float, end: float) -> Resolved:
    least = question.at_least is not None
    return Resolved(
        bound=question.at_least if least else question.at_most,
        minimum=1,
        phases=scene.judged,
        options={
            "expr": question.expr,
            "at_least": least,
            "unit": question.unit or "",
            "at": end,
            "judged": round(end - start, 9),
        },
    )


TERMS = Terms(
    kind="query",
    settings=Query,
    whole=whole,
    lacking=(
        "asks nothing; allowed: at least one question, such as query: {queue: {expr: max(my_queue), at_most: 50}}"
    ),
)
