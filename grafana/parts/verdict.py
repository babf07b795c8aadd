"""The verdict as it stands, in large letters."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, table
from grafana_foundation_sdk.builders.common import VizTextDisplayOptions

from grafana import theme
from grafana.panels import DURATION, NONE, Said, name, named, rows, value
from grafana.queries import by, ever, latest, moment, of_run, so_far, standing, start_of_load
from loadgen.model.verdict import FAIL, INVALID, PASS
from loadgen.rules.states import FAILING, GIVEN, HOLDING, NO_VERDICT, STATE, UNSOUND_SO_FAR

STATES = named(
    (HOLDING, "holds so far", theme.GOOD),
    (FAILING, "fails so far", theme.BAD),
    (UNSOUND_SO_FAR, "invalid so far", theme.INVALID),
    (NO_VERDICT, "no verdict", theme.UNKNOWN),
    (GIVEN[PASS], PASS, theme.GOOD),
    (GIVEN[FAIL], FAIL, theme.BAD),
    (GIVEN[INVALID], INVALID, theme.INVALID),
)
"""Words and colours of a run's state."""


def state() -> stat.Panel:
    """The one word."""
    said = Said(
        title="Verdict",
        description="How the run stands so far, and from its end on the verdict that its exit code says too.",
        unit=NONE,
        width=6,
        height=4,
    )
    return value(said, latest(_standing()), mappings=STATES, coloured=True)


def _standing() -> str:
    return standing(lambda name: so_far(of_run(name)), ever(of_run(STATE)))


def time_left() -> stat.Panel:
    """Until the planned end of the load."""
    left = f"clamp_min({start_of_load()} + max({so_far(of_run('loadtest_run_duration_seconds'))}) - time(), 0)"
    said = Said(
        title="Load left",
        description="Time until the planned end of the load, after which operations in flight are waited for.",
        unit=DURATION,
        width=5,
        height=4,
        empty="The load has not begun, or the run is not in the time shown.",
    )
    over = f"{left} * (max({_standing()}) < bool {NO_VERDICT})"
    return value(said, latest(over), mappings=named((0, "over", theme.UNKNOWN))).decimals(0)


def phase() -> stat.Panel:
    """Where the run is."""
    said = Said(
        title="Phase",
        description="The phase that the run is in, or the last one when it is over, and whether it is judged.",
        unit=NONE,
        width=5,
        height=4,
    )
    now = by("max", "phase", f"{so_far(of_run('loadtest_phase'))} == 1")
    judged = by("max", "phase", so_far(of_run("loadtest_judged_phase")))
    words = named((0, "not judged", theme.NOT_JUDGED), (1, "judged", theme.JUDGED))
    panel = name(said, latest(f"{judged} and on (phase) {now} or on (phase) 0 * {now}", "{{phase}}"), mappings=words)
    return panel.text(VizTextDisplayOptions().title_size(26).value_size(18))


def first() -> stat.Panel:
    """The verdict's answer."""
    said = Said(
        title="Gave way first",
        description="The resource that the load brought to its limit before all others, as the verdict says, and when "
        "after the start of the load.",
        unit=DURATION,
        width=8,
        height=4,
        empty="None is known: that comes with the verdict, and none may have given way.",
    )
    when = by("min", "resource", so_far(of_run("loadtest_first_saturation_timestamp_seconds")))
    return name(said, latest(f"{when} - on () group_left () {start_of_load()}", "{{resource}}")).decimals(0)


def about() -> table.Panel:
    """What was run."""
    said = Said(
        title="What is run",
        description="The scenario, what it is sent to, and by which version of the load test.",
        unit=NONE,
        width=24,
        height=4,
    )
    shown = {
        "run_id": "Run",
        "scenario": "Scenario",
        "test_type": "Test type",
        "target": "Target",
        "version": "Version",
        "commit": "Commit",
    }
    return rows(
        said,
        moment(by("max", ", ".join(shown), so_far(of_run("loadtest_run_info")))),
        columns=shown,
        widths={"Run": 260},
    )
