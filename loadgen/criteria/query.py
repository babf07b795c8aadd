"""query: the answer to a PromQL expression of the user's own lies on the right side of its bound.

It is asked once, at the end of the last judged phase: a fixed moment in the past, so that the run, the evidence and the
alert have the same value. The run shows it as loadtest_criterion_value. Of several series the worst counts.

Nobody can tell from an answer whether it rests on all that there was: a maximum over a minute of which nothing was seen
looks like any other. So it counts only when everything that it `needs` was scraped without a gap until it was asked.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterable, Sequence

from msgspec import Struct, convert

from loadgen.catalogue.promql import duration, quote, selector
from loadgen.criteria import computed
from loadgen.criteria.kind import AT_LEAST, AT_MOST, Alert, Case, Kind, Scope, literal
from loadgen.criteria.scraped import unseen
from loadgen.criteria.shares import bound_of
from loadgen.model.evidence import Evidence, Series
from loadgen.model.plan import Criterion, Plan
from loadgen.model.quantities import amount, duration_text, told_apart
from loadgen.model.record import RunRecord
from loadgen.model.verdict import FAILED, PASSED, UNKNOWN, Line

BREACHED = "LoadtestQueryBreached"
REFUSED = "refused"
"""Key of an answer in the evidence that holds Prometheus' words against the expression."""
RUN_ID, SCENARIO, JUDGED = PLACEHOLDERS = ("$run_id", "$scenario", "$judged")
_PLACEHOLDER = re.compile(r"\$[A-Za-z_]\w*")


class Options(Struct, frozen=True, kw_only=True):
    """The kind's own figures. `at`: plan time of the question; `judged`: seconds from the first judged phase to it.

    `needs`: the jobs, of those scraped beside the load, that the answer rests on.
    """

    expr: str
    at_least: bool
    unit: str
    at: float
    judged: float
    needs: tuple[str, ...]


class Found(Struct, frozen=True, kw_only=True):
    """The worst answer, of the series `subject`; None: not known, and `why` says why."""

    value: float | None = None
    subject: str = ""
    count: int = 0
    why: str = ""


def options(criterion: Criterion) -> Options:
    """Raises msgspec.ValidationError for options that do not fit."""
    return convert(criterion.options, Options)


def sense(criterion: Criterion) -> str:
    """As the criterion itself says."""
    return AT_LEAST if options(criterion).at_least else AT_MOST


def strangers(expression: str) -> tuple[str, ...]:
    """What looks like a placeholder and is none."""
    return tuple(word for word in _PLACEHOLDER.findall(expression) if word not in PLACEHOLDERS)


def expanded(criterion: Criterion, plan: Plan) -> str:
    """The expression with its placeholders filled in."""
    figures = options(criterion)
    values = {RUN_ID: quote(plan.run_id)[1:-1], SCENARIO: quote(plan.scenario)[1:-1], JUDGED: duration(figures.judged)}
    return _PLACEHOLDER.sub(lambda match: values.get(match[0], match[0]), figures.expr)


def breaches(criterion: Criterion, value: float) -> bool:
    """Whether a value lies on the wrong side of the bound."""
    return (operator.lt if options(criterion).at_least else operator.gt)(value, bound_of(criterion))


def alerts(criterion: Criterion, scope: Scope, window: float) -> tuple[Alert, ...]:  # noqa: ARG001 same for all kinds
    """Breached, and not known at the end."""
    allows = _allows(criterion, amount(bound_of(criterion), options(criterion).unit))
    return computed.alerts(
        criterion,
        scope,
        BREACHED,
        what=f"The answer was {{{{ $value }}}}; {literal(allows)}.",
        unknown="The question had no answer, none that is a finite number, or what it needs was unseen for too long.",
        beyond="<" if options(criterion).at_least else ">",
    )


def _allows(criterion: Criterion, bound: str) -> str:
    return f"at {'least' if options(criterion).at_least else 'most'} {bound} is allowed"


def cases(criterion: Criterion, labels: Scope, window: float) -> tuple[Case, ...]:  # noqa: ARG001 same for all kinds
    """At the bound, to either side of it, and not known."""
    least, bound = options(criterion).at_least, bound_of(criterion)
    shown = (
        ("quiet when the answer is the bound", bound, False),
        ("fires above the bound where it may be at most that", bound + 1, not least),
        ("fires below the bound where it must be at least that", bound - 1, least),
    )
    unknown = "quiet without an answer, which at the end counts as not known"
    return computed.cases(criterion, labels, BREACHED, shown, unknown)


def series(criterion: Criterion, plan: Plan, scope: Scope) -> dict[str, str]:  # noqa: ARG001 the user says what is asked
    """The expression, under the criterion's identity."""
    return {criterion.id: expanded(criterion, plan)}


def needs(criterion: Criterion, plan: Plan) -> tuple[str, ...]:  # noqa: ARG001 same for all kinds
    """The jobs that the plan says it needs."""
    return options(criterion).needs


def asked(criterion: Criterion, plan: Plan) -> tuple[float, float, float]:  # noqa: ARG001 same for all kinds
    """Once."""
    at = options(criterion).at
    return at, at, 1.0


def compute(criterion: Criterion, plan: Plan, started: float, series: Sequence[Series]) -> float | None:
    """The worst answer; None is not known."""
    return answer(criterion, plan, started, series).value


def answer(criterion: Criterion, plan: Plan, started: float, series: Sequence[Series]) -> Found:
    """The worst of the answers, when all that it needs was seen. `started`: Unix seconds of plan time 0."""
    figures = options(criterion)
    missed = unseen(plan, started, series, figures.needs, (0.0, figures.at))
    found = _worst(criterion, series)
    return Found(count=found.count, why=missed[0].sentence(plan)) if missed else found


def _worst(criterion: Criterion, series: Iterable[Series]) -> Found:
    """One that is no number leaves it unknown, unless another breaches the bound."""
    own = [one for one in series if one.name == criterion.id]
    known = [(value, one) for one in own for value in one.values[:1] if value is not None and math.isfinite(value)]
    if not known:
        return Found(count=len(own))
    value, one = (min if options(criterion).at_least else max)(known, key=operator.itemgetter(0))
    told = {name: text for name, text in one.labels.items() if name not in {"criterion", "test_type", "__name__"}}
    subject = selector("", told) if told else ""
    whole = len(known) == len(own) or breaches(criterion, value)
    return Found(value=value if whole else None, subject=subject, count=len(own))


def judge(criterion: Criterion, plan: Plan, record: RunRecord, evidence: Evidence) -> Line:
    """The line: unknown without an answer, failed on the wrong side of the bound, else passed."""
    found, bound, figures = Found(), bound_of(criterion), options(criterion)
    if record.started is not None:
        found = answer(criterion, plan, record.started, evidence.series)
    return Line(
        criterion=criterion.id,
        kind=criterion.kind,
        status=UNKNOWN if found.value is None else FAILED if breaches(criterion, found.value) else PASSED,
        measured=found.value,
        bound=bound,
        unit=figures.unit,
        margin=_margin(criterion, found.value),
        samples=found.count,
        minimum=criterion.minimum,
        sentence=_sentence(criterion, record, evidence, found),
        query=computed.measured(criterion, {"run_id": evidence.run_id}),
        details={"expr": expanded(criterion, plan), "subject": found.subject},
    )


def _margin(criterion: Criterion, value: float | None) -> float | None:
    bound = bound_of(criterion)
    if value is None or not bound:
        return None
    return (value - bound if options(criterion).at_least else bound - value) / abs(bound)


def _sentence(criterion: Criterion, record: RunRecord, evidence: Evidence, found: Found) -> str:
    if found.value is not None:
        of = f" for {found.subject}" if found.subject else ""
        worst = f", the worst of {found.count}" if found.count > 1 else ""
        value, bound = told_apart(found.value, bound_of(criterion), options(criterion).unit)
        return f"The answer was {value}{of}{worst}; {_allows(criterion, bound)}."
    if record.outcome != "completed":
        return "The run did not come to its planned end, so the question was not asked in time. Run it again."
    refused = _refusals(criterion, evidence)
    if refused:
        return f"Prometheus refused the question: {refused[0]}"
    if found.why:
        return found.why
    what = f"{found.count} series, not all of which are finite numbers" if found.count else "nothing"
    when = duration_text(round(options(criterion).at, 3))
    return f"The question was answered by {what}, asked {when} after the start. See whether its metrics were scraped."


def _refusals(criterion: Criterion, evidence: Evidence) -> list[str]:
    mine = [query.answer for query in evidence.queries if query.id == criterion.id]
    return [answer[REFUSED] for answer in mine if isinstance(answer, dict) and REFUSED in answer]


KIND = Kind(
    kind="query",
    unit="",
    breach=BREACHED,
    sense=sense,
    measured=computed.measured,
    alerts=alerts,
    cases=cases,
    judge=judge,
    series=series,
    asked=asked,
    needs=needs,
    own_words=True,
    compute=compute,
    only_at_end="it is asked once, when the last judged phase has ended",
)
