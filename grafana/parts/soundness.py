"""Whether the run can tell at all: each alert under which it cannot."""

from __future__ import annotations

from grafana_foundation_sdk.builders import table

from grafana import theme
from grafana.dashboard import GENERATOR, address
from grafana.names import VALIDITY_ALERTS
from grafana.panels import CLOCK, NONE, SECONDS, Said, link, named, option, rows, words
from grafana.queries import RUN_LONG, by, ever, firing, moment, of_run, since, so_far
from loadgen.rules.alerts import VALIDITY

QUIET, FIRED, FIRES = 0, 1, 2
CHECKS = named((QUIET, "quiet", theme.GOOD), (FIRED, "has fired", theme.INVALID), (FIRES, "fires", theme.INVALID))
"""Words and colours of a validity alert."""


def validity() -> table.Panel:
    """Each validity alert."""
    said = Said(
        title="Validity",
        description="Alerts under which the run cannot tell anything, and how long each of them has fired.",
        unit=NONE,
        width=9,
        height=10,
        empty="Nothing is known of this run's validity in the time shown: choose a run above, or a wider time.",
    )
    panel = rows(
        said,
        moment(_checks()),
        moment(f"1000 * {by('min', 'alertname', since(role=VALIDITY))}"),
        moment(by("max", "alertname", f"count_over_time({firing(role=VALIDITY)}[{RUN_LONG}])")),
        columns={"alertname": "Alert", "check": "Check", "#A": "State", "#B": "First", "#C": "Fired for"},
        sort="Alert",
    )
    panel = panel.override_by_name("State", words(CHECKS, 110))
    panel = panel.override_by_name("First", [option("unit", CLOCK), option("custom.width", 90)])
    panel = panel.override_by_name("Fired for", [option("unit", SECONDS), option("custom.width", 90)])
    return panel.links([link("Is the generator healthy?", address(GENERATOR, run="$run"))])


def _checks() -> str:
    """Each validity alert's state; the first that applies."""
    fires = firing(role=VALIDITY)
    run = f"{QUIET} * max({so_far(of_run('loadtest_run_info'))})"
    quiet = [_labelled(_labelled(run, "check", check), "alertname", alert) for alert, check in VALIDITY_ALERTS.items()]
    found = (f"{FIRES} * {by('max', 'alertname, check', fires)}", by("max", "alertname, check", ever(fires)))
    return " or on (alertname) ".join((*found, *quiet))


def _labelled(expression: str, label: str, content: str) -> str:
    return f'label_replace({expression}, "{label}", "{content}", "", "")'
