"""Each criterion against its bound: what is judged, what failed, and when."""

from __future__ import annotations

from grafana_foundation_sdk.builders import table, timeseries
from grafana_foundation_sdk.models.dashboard import Threshold

from grafana import theme
from grafana.dashboard import OPERATIONS, address
from grafana.panels import CLOCK, NONE, SHARE, Said, lines, link, named, option, rows, words
from grafana.queries import by, ever, firing, moment, of_run, query, since, so_far
from loadgen.criteria import ACCEPTANCE, SAMPLES
from loadgen.rules.acceptance import COUNTED, MEASURED
from loadgen.rules.states import BREACHED, USED

UNMEASURED, HOLDS, BREACHES, SHORT_OF_SAMPLES = -1, 0, 1, 2
LINES = named(
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
        width=15,
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
            "#A": "Measured",
            "#B": "Bound",
            "unit": "Unit",
            "#C": "Bound used",
            "#D": "Samples",
            "#F": "First breached",
        },
        sort="Criterion",
    )
    used = [
        option("unit", SHARE),
        option("decimals", 0),
        option("min", 0),
        option("max", 1.25),
        option("custom.cellOptions", {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}),
        option("thresholds", {"mode": "absolute", "steps": _bound_steps()}),
        option("color", {"mode": "thresholds"}),
        option("custom.width", 220),
    ]
    panel = panel.override_by_name("Bound used", used).override_by_name("State", words(LINES, 150))
    panel = panel.override_by_name("First breached", [option("unit", CLOCK), option("custom.width", 120)])
    panel = panel.override_by_name("Samples", [option("decimals", 0), option("custom.width", 90)])
    panel = panel.override_by_regexp("/Measured|Bound$/", [option("decimals", 3), option("custom.width", 100)])
    return panel.links([link("Which operations?", address(OPERATIONS, run="$run"))])


def used() -> timeseries.Panel:
    """Each criterion on the way to its bound."""
    said = Said(
        title="Share of the bound used",
        description="How much of its bound each criterion uses; from 100 % on it is breached.",
        unit=SHARE,
        width=15,
        height=9,
        empty="Nothing judged yet: criteria count from the first judged phase on, throughput only at the end.",
    )
    panel = lines(
        said,
        query(by("max", "criterion", of_run(USED)), "{{criterion}}"),
        query(by("max", "", of_run("loadtest_run_info")), "bound"),
    )
    return panel.override_by_name("bound", theme.limit()).axis_soft_max(1.25)


def _in_unit(record: str) -> str:
    """A criterion's figure with its unit beside it; shares in percent, for a column has no units of its own."""
    info = of_run("loadtest_criterion_info")
    figure, units = by("max", "criterion", so_far(of_run(record))), by("max", "criterion, unit", so_far(info))
    told = f"{figure} * on (criterion) group_right () {units}"
    shares = f"100 * ({told.replace(info, of_run('loadtest_criterion_info', unit='ratio'))})"
    return f'label_replace({shares}, "unit", "%", "", "") or on (criterion) {told}'


def _line() -> str:
    """Each criterion's state; the first that applies."""
    measured, counted = so_far(of_run(MEASURED)), so_far(of_run(COUNTED))
    breached = by("max", "criterion", so_far(of_run(BREACHED)))
    short = by("max", "criterion", ever(firing(role=SAMPLES)))
    known = f"{by('max', 'criterion', measured)} unless on (criterion) {by('max', 'criterion', counted)} == 0"
    each = by("max", "criterion", so_far(of_run("loadtest_criterion_info")))
    return " or on (criterion) ".join(
        (
            f"{BREACHES} * ({breached} == 1)",
            f"{SHORT_OF_SAMPLES} * {short}",
            f"{HOLDS} * ({known})",
            f"{UNMEASURED} * {each}",
        )
    )


def _bound_steps() -> list[Threshold]:
    return [Threshold(color=theme.GOOD), Threshold(value=0.8, color=theme.WARNING), Threshold(value=1, color=theme.BAD)]
