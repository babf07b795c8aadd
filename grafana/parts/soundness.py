"""Whether the run can tell at all: each alert under which it cannot."""

from __future__ import annotations

from grafana_foundation_sdk.builders import table

from grafana import theme
from grafana.dashboard import GENERATOR, address
from grafana.names import VALIDITY_ALERTS
from grafana.panels import CLOCK, NONE, SECONDS, Said, link, named, option, rows, words
from grafana.queries import RUN_LONG, by, ever, firing, moment, of_run, since, so_far
from loadgen.rules.alerts import VALIDITY
from loadgen.rules.validity import SEEN

QUIET, FIRED, FIRES, REASON = range(4)
CHECKS = named(
    (QUIET, "quiet", theme.GOOD),
    (FIRED, "has fired", theme.INVALID),
    (FIRES, "fires", theme.INVALID),
    (REASON, "invalid", theme.INVALID),
)
"""Words and colours of a validity alert, and of a reason that the verdict gives."""

VERDICT = "the verdict"
"""In the place of an alert's name: it knows reasons for which there is no alert."""


def validity() -> table.Panel:
    """Each validity alert."""
    said = Said(
        title="Validity",
        description="Why the run cannot tell anything: alerts, how long each of them has fired, and in the end the "
        "reasons that the verdict gives.",
        unit=NONE,
        width=10,
        height=10,
        empty="Nothing is known of this run's validity in the time shown: choose a run above, or a wider time.",
    )
    panel = rows(
        said,
        moment(_checks()),
        moment(f"1000 * {by('min', 'alertname', since(role=VALIDITY))}"),
        moment(f"round({_fired()} * on () group_left () {_apart()}, 0.1)"),
        columns={"alertname": "Alert", "check": "Check", "#A": "State", "#B": "First", "#C": "Fired for"},
        sort="State",
        down=True,
        widths={"Check": 125},
    )
    panel = panel.override_by_name("State", words(CHECKS, 85))
    panel = panel.override_by_name("First", [option("unit", CLOCK), option("custom.width", 85)])
    panel = panel.override_by_name("Fired for", [option("unit", SECONDS), option("custom.width", 80)])
    return panel.links([link("Is the generator healthy?", address(GENERATOR, run="$run"))])


def _fired() -> str:
    """How often each alert was found firing."""
    return by("max", "alertname", f"count_over_time({firing(role=VALIDITY)}[{RUN_LONG}])")


def _apart() -> str:
    """Seconds between two evaluations of the run's rules, on the average."""
    seen = f"{of_run(SEEN)}[{RUN_LONG}]"
    return f"max((max_over_time({seen}) - min_over_time({seen})) / (count_over_time({seen}) - 1))"


def _checks() -> str:
    """The verdict's reasons, and each validity alert's state; the first that applies."""
    fires = firing(role=VALIDITY)
    run = f"{QUIET} * max({so_far(of_run('loadtest_run_info'))})"
    quiet = [_labelled(_labelled(run, "check", check), "alertname", alert) for alert, check in VALIDITY_ALERTS.items()]
    found = (f"{FIRES} * {by('max', 'alertname, check', fires)}", by("max", "alertname, check", ever(fires)))
    reasons = f"{REASON} * {by('max', 'check', so_far(of_run('loadtest_run_invalid_info')))}"
    return " or on (alertname) ".join((_labelled(reasons, "alertname", VERDICT), *found, *quiet))


def _labelled(expression: str, label: str, content: str) -> str:
    return f'label_replace({expression}, "{label}", "{content}", "", "")'
