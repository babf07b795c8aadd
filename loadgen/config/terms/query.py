"""query: PromQL expressions of the user's own, each with a bound."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, model_validator

from loadgen.config.problems import one_of, shown
from loadgen.config.terms.term import Resolved, Scene, Terms
from loadgen.criteria.query import PLACEHOLDERS, strangers
from loadgen.model.measured import Measured
from loadgen.model.settings import Name, Named, Settings

_FORM = f"a PromQL expression; of placeholders {', '.join(PLACEHOLDERS)}"


def _expression(text: str) -> str:
    if not text.strip() or strangers(text):
        raise ValueError(_FORM)
    return text.strip()


Jobs = Annotated[tuple[Name, ...], Field(strict=False)]
Finite = Annotated[float, Field(allow_inf_nan=False, ge=-1e300, le=1e300)]


class Question(Settings):
    """An expression, and on which side of which bound its answer must be. `unit` is for the reader.

    `needs`: the jobs of what is scraped beside the load that the answer rests on; None: all of them.
    """

    expr: Annotated[str, AfterValidator(_expression)]
    at_most: Finite | None = None
    at_least: Finite | None = None
    unit: Name | None = None
    needs: Jobs | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> Question:
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError("either at_most or at_least")
        return self


class Query(Named):
    """Questions by the names that they have in the verdict."""

    entry: ClassVar[type[Settings]] = Question
    entries: dict[str, Question] = Field(default_factory=dict)


def whole(settings: Query, scene: Scene, measured: Measured) -> dict[str, Resolved]:
    """A criterion for each question; it is asked when the last judged phase ends."""
    start = min(scene.spans[phase][0] for phase in scene.judged)
    end = max(scene.spans[phase][1] for phase in scene.judged)
    jobs = _jobs(measured)
    return {name: _resolved(one, scene, (start, end), jobs) for name, one in settings.entries.items()}


def _jobs(measured: Measured) -> tuple[str, ...]:
    return tuple(dict.fromkeys(scrape.job for scrape in measured.scrapes))


def unmet(settings: Query, measured: Measured) -> tuple[tuple[str, str], ...]:
    """What a question needs must be scraped."""
    jobs = _jobs(measured)
    return tuple(
        (f"{name}.needs", f"{shown(job)} is not scraped for this target; allowed: {one_of(jobs)}")
        for name, question in settings.entries.items()
        for job in question.needs or ()
        if job not in jobs
    )


def _resolved(question: Question, scene: Scene, span: tuple[float, float], jobs: tuple[str, ...]) -> Resolved:
    start, end = span
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
            "needs": list(jobs if question.needs is None else question.needs),
        },
    )


TERMS = Terms(
    kind="query",
    settings=Query,
    whole=whole,
    lacking=(
        "asks nothing; allowed: at least one question, such as query: {queue: {expr: max(my_queue), at_most: 50}}"
    ),
    unmet=unmet,
)
