"""Each criterion against its bound: what is judged, what failed, and when."""

from __future__ import annotations

from grafana_foundation_sdk.builders import table, timeseries
from grafana_foundation_sdk.models.dashboard import Threshold

from grafana import theme
from grafana.dashboard import OPERATIONS, address
from grafana.panels import CLOCK, NONE, SHARE, Said, lines, link, named, option, rows, words
from grafana.queries import by, ever, firing, moment, of_run, query, since, so_far
from loadgen.criteria import ACCEPTANCE, AT_LEAST, AT_MOST, BELOW, SAMPLES
from loadgen.rules.acceptance import COUNTED, MEASURED
from loadgen.rules.states import BREACHED, USED

NO_BOUND, NOT_YET, UNMEASURED, HOLDS, SHORT_OF_SAMPLES, BREACHES = range(-3, 3)
"""The worst is the highest, for the table begins with it."""
LINES = named(
    (NO_BOUND, "no bound", theme.UNKNOWN),
    (NOT_YET, "not judged yet", theme.UNKNOWN),
    (UNMEASURED, "not measured yet", theme.UNKNOWN),
    (HOLDS, "holds", theme.GOOD),
    (BREACHES, "breached", theme.BAD),
    (SHORT_OF_SAMPLES, "too few samples", theme.INVALID),
)
"""Words and colours of a criterion's state."""


def criteria() -> table.Panel:
    """Each criterion against its bound."""
    said = Said(
        title="Criteria",
        description="Each acceptance criterion: what was measured, its bound, how much of the bound that uses, and "
        "when it was first breached.",
        unit=NONE,
        width=14,
        height=10,
        empty="No criterion of this run in the time shown: choose a run above, or a wider time.",
    )
    panel = rows(
        said,
        moment(_in_unit(MEASURED)),
        moment(_in_unit("loadtest_criterion_bound")),
        moment(by("max", "criterion", so_far(of_run(USED)))),
        moment(by("max", "criterion", so_far(of_run(COUNTED)))),
        moment(_line()),
        moment(f"1000 * {by('min', 'criterion', since(role=ACCEPTANCE))}"),
        columns={
            "criterion": "Criterion",
            "#E": "State",
            "#F": "Breached since",
            "#A": "Measured",
            "#B": "Bound",
            "unit": "Unit",
            "#C": "Bound used",
            "#D": "Samples",
        },
        sort="State",
        down=True,
        widths={"Criterion": 170, "Unit": 75},
    )
    used = [
        option("unit", SHARE),
        option("decimals", 0),
        option("min", 0),
        option("max", 1.25),
        option("custom.cellOptions", {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}),
        option("thresholds", {"mode": "absolute", "steps": _bound_steps()}),
        option("color", {"mode": "thresholds"}),
    ]
    panel = panel.override_by_name("Bound used", used).override_by_name("State", words(LINES, 140))
    panel = panel.override_by_name("Breached since", [option("unit", CLOCK), option("custom.width", 125)])
    panel = panel.override_by_name("Samples", [option("decimals", 0), option("custom.width", 80)])
    panel = panel.override_by_regexp("/Measured|Bound$/", [option("decimals", 3), option("custom.width", 85)])
    return panel.links([link("Which operations?", address(OPERATIONS, run="$run"))])


def used() -> timeseries.Panel:
    """Each criterion on the way to its bound."""
    said = Said(
        title="Share of the bound used",
        description="How much of its bound each criterion uses; from 100 % on it is breached.",
        unit=SHARE,
        width=24,
        height=9,
        empty="Nothing judged yet: criteria count from the first judged phase on, throughput only at the end.",
    )
    panel = lines(
        said,
        query(by("max", "criterion", of_run(USED)), "{{criterion}}"),
        query(by("max", "", of_run("loadtest_run_info")), "bound"),
    )
    return panel.axis_soft_max(1.25)


def _in_unit(record: str) -> str:
    """A criterion's figure with its unit beside it; shares in percent, for a column has no units of its own."""
    info = of_run("loadtest_criterion_info")
    figure, units = by("max", "criterion", so_far(of_run(record))), by("max", "criterion, unit", so_far(info))
    told = f"{figure} * on (criterion) group_right () {units}"
    shares = f"100 * ({told.replace(info, of_run('loadtest_criterion_info', unit='ratio'))})"
    return f'label_replace({shares}, "unit", "%", "", "") or on (criterion) {told}'


def _line() -> str:
    """Each criterion's state; the first that applies.

    What is measured beyond its bound and not breached is not judged yet: a throughput still grows, and of few samples
    nothing is said before the end.
    """
    measured, counted = _each(MEASURED), _each(COUNTED)
    breached = _each(BREACHED)
    short = by("max", "criterion", ever(firing(role=SAMPLES)))
    known = f"({measured} unless on (criterion) {counted} == 0)"
    each, bound = _each("loadtest_criterion_info"), _each("loadtest_criterion_bound")
    kept = " or ".join(
        f"{known} {is_kept} on (criterion) {bound} and on (criterion) {_each('loadtest_criterion_info', sense=sense)}"
        for sense, is_kept in ((AT_MOST, "<="), (BELOW, "<"), (AT_LEAST, ">="))
    )
    return " or on (criterion) ".join(
        (
            f"{BREACHES} * ({breached} == 1)",
            f"{SHORT_OF_SAMPLES} * {short}",
            f"{HOLDS} * ({kept})",
            f"{NO_BOUND} * ({each} unless on (criterion) {bound})",
            f"{NOT_YET} + 0 * {known}",
            f"{UNMEASURED} * {each}",
        )
    )


def _each(name: str, **labels: str) -> str:
    """The last value of each criterion."""
    return by("max", "criterion", so_far(of_run(name, **labels)))


def _bound_steps() -> list[Threshold]:
    return [Threshold(color=theme.GOOD), Threshold(value=0.8, color=theme.WARNING), Threshold(value=1, color=theme.BAD)]
