"""What is drawn into the panels of a run's dashboards, all of it from Prometheus: it lasts as long as the run does.

Grafana asks for a hundredth of the time shown as the step, so a mark may lie so much beside its moment, unless its
value is the moment. What is looked for over `$__rate_interval` or more is not missed between two steps.
"""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import AnnotationQuery
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models.dashboard import AnnotationContainer
from grafana_foundation_sdk.models.dashboard import AnnotationQuery as BuiltAnnotation
from msgspec import Struct

from grafana import theme
from grafana.queries import FIRING, by, last, of_run
from grafana.variables import DATASOURCE
from loadgen.catalogue.promql import any_of

CONCERNING = "concerning"
"""A label that `concerning` makes: of an alert its criterion, check or subject, whichever it has."""

STEP = "1s"
"""The finest that is asked for."""

DECIDING, INVALIDATING, TELLING = ("acceptance",), ("samples", "validity"), ("burning", "resource")
"""Roles of alerts that are drawn in one colour."""


class Mark(Struct, frozen=True, kw_only=True):
    """One kind of mark. `title` and `text` may hold labels as `{{phase}}`."""

    name: str
    expr: str
    colour: str
    title: str
    text: str = ""
    tags: str = ""
    at_value: bool = False
    """The value is the moment, in milliseconds, and not the time of the sample."""


def marks() -> tuple[Mark, ...]:
    """Phases as regions, alerts while they fire, and the moment at which the first resource gave way."""
    phase, judged = of_run("loadtest_phase"), of_run("loadtest_judged_phase")
    now = by("max", "phase", f"{phase} == 1")
    # It is shown for a few scrapes at the end of a run, between two steps; where it lies, its value says.
    first = by("min", "resource", last(of_run("loadtest_first_saturation_timestamp_seconds")))
    return (
        Mark(
            name="Judged phases",
            expr=f"{now} and on (phase) {judged} == 1",
            colour=theme.JUDGED,
            title="{{phase}}, judged",
            tags="phase",
        ),
        Mark(
            name="Other phases",
            expr=f"{now} unless on (phase) {judged} == 1",
            colour=theme.NOT_JUDGED,
            title="{{phase}}, not judged",
            tags="phase",
        ),
        _alerts("Breaches", DECIDING, theme.BAD),
        _alerts("Invalid", INVALIDATING, theme.INVALID),
        _alerts("Warnings", TELLING, theme.WARNING),
        Mark(
            name="Gave way first",
            expr=f"{first} * 1000",
            colour=theme.BAD,
            title="{{resource}} gave way first",
            text="The first resource that the load brought to its limit, as the verdict says.",
            tags="resource",
            at_value=True,
        ),
    )


def concerning(alerts: str) -> str:
    """Alerts with what they concern in one label: Grafana writes a label's name where a series has no such label."""
    return f'label_join({alerts}, "{CONCERNING}", "", "criterion", "check", "subject")'


def all_marks() -> AnnotationContainer:
    """All marks, as Grafana reads them."""
    return AnnotationContainer(list_val=[_built(mark) for mark in marks()])


def _alerts(name: str, roles: tuple[str, ...], colour: str) -> Mark:
    alerts = of_run("ALERTS", role=any_of(roles), **FIRING)
    return Mark(
        name=name,
        expr=concerning(f"max_over_time({alerts}[$__rate_interval])"),
        colour=colour,
        title=f"{{{{alertname}}}} {{{{{CONCERNING}}}}}",
        tags="role,severity",
    )


def _built(mark: Mark) -> BuiltAnnotation:
    # What stands beside the target is read by Grafana 11, the target by those that came after it.
    target = Dataquery().expr(mark.expr).ref_id("Anno").interval(STEP).range()
    made = AnnotationQuery().name(mark.name).datasource(DATASOURCE).enable(enable=True).icon_color(mark.colour)
    made = made.target(target).expr(mark.expr).step(STEP).title_format(mark.title).text_format(mark.text)
    found = made.tag_keys(mark.tags).use_value_for_time(mark.at_value).build()
    found.placement = None  # type: ignore[assignment]  # beside the variables, where it is seen
    return found
