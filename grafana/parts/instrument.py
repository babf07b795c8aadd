"""The generator and what sees it, each beside the bound beyond which a run is invalid."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, statetimeline, timeseries
from grafana_foundation_sdk.builders.prometheus import Dataquery

from grafana import theme
from grafana.panels import BYTES, NONE, SECONDS, SHARE, SHORT, Mappings, Said, above, lines, named, states, value
from grafana.queries import by, ever, latest, of_run, query, rate, so_far
from loadgen.catalogue.promql import any_of, number
from loadgen.model.measured import OWN_GROUPS
from loadgen.model.plan import COOLDOWN, FINISHED
from loadgen.rules import validity

BOUND = "bound"
RARELY = 0.1
"""Up to where the axis goes at the least of what should hardly ever be."""

NO_WORKER = "No worker of this run in the time shown: choose a run above, or a wider time."
NO_GROUP = "The host exporter saw no process of the instrument in the time shown: see measure.host of the target."
OWN = {"groupname": any_of(OWN_GROUPS)}


def bound(check: str, legend: str = BOUND) -> Dataquery:
    """The line of a validity bound, by its name in the YAML."""
    return query(_bound(check), legend)


def users_share() -> timeseries.Panel:
    """On plateaus."""
    said = Said(
        title="Share of the planned users at work",
        description="On plateaus that count, users at work over users that the plan wants; it must not fall below the "
        "bound.",
        unit=SHARE,
        width=14,
        height=10,
        empty="No plateau that counts in the time shown: it begins with the first judged phase.",
    )
    panel = lines(said, query(of_run(validity.USERS), "at work"), bound("users_share"), calcs=("lastNotNull", "min"))
    return panel.override_by_name("at work", theme.achieved())


def users() -> timeseries.Panel:
    """Planned and at work."""
    said = Said(
        title="Users, planned and at work",
        description="Users at work beside those that the plan wants, by test type.",
        unit=SHORT,
        width=24,
        height=8,
    )
    panel = lines(
        said,
        query(by("sum", "test_type", of_run("loadtest_users_target")), "{{test_type}}, planned"),
        query(by("sum", "test_type", of_run("loadtest_users")), "{{test_type}}"),
    )
    for test_type, colour in theme.TEST_TYPES.items():
        panel = panel.override_by_name(test_type, theme.full(colour))
    return panel.override_by_regexp("/, planned$/", theme.planned())


def schedule_lag() -> timeseries.Panel:
    """By the quantile that the bound speaks of."""
    said = Said(
        title="How late operations began",
        description="So late the latest operations began through the generator's fault, of which no more than the "
        "bound's share may be later than the bound.",
        unit=SECONDS,
        width=12,
        height=9,
    )
    found = by("sum", "le", rate(of_run("loadtest_schedule_lag_seconds_bucket")))
    late = f"histogram_quantile(scalar(1 - {_bound('late_share')}), {found})"
    half = f"histogram_quantile(0.5, {found})"
    panel = lines(said, query(late, "the latest"), query(half, "P50"), bound("late_seconds"))
    panel = panel.override_by_name("the latest", theme.achieved())
    return panel.override_by_name("P50", theme.full(theme.QUANTILES["P50"]))


def loop_lag() -> timeseries.Panel:
    """Of the event loop."""
    said = Said(
        title="Event loop lag",
        description="Estimated quantiles of how late a worker's event loop ran a timer; it grows before operations are "
        "late.",
        unit=SECONDS,
        width=12,
        height=9,
    )
    found = by("sum", "le", rate(of_run("loadtest_event_loop_lag_seconds_bucket")))
    quantiles = [query(f"histogram_quantile({share}, {found})", name) for name, share in _QUANTILES.items()]
    panel = lines(said, *quantiles)
    for name in _QUANTILES:
        panel = panel.override_by_name(name, theme.full(theme.QUANTILES[name]))
    return panel


def cpu() -> timeseries.Panel:
    """By worker."""
    said = Said(
        title="CPU of each worker",
        description="Share of one core that each worker used; above the bound for long, and the run is invalid.",
        unit=SHARE,
        width=12,
        height=9,
        empty=NO_WORKER,
    )
    each = by("max", "worker", of_run("loadtest_generator_cpu_ratio"))
    return lines(said, query(each, "worker {{worker}}"), bound("cpu_ratio"))


def overloaded() -> timeseries.Panel:
    """For how much of the time."""
    said = Said(
        title="Time at the limit of a core",
        description="Share of the last minute in which each worker was above the CPU bound; over the planned time it "
        "may be no more than the bound.",
        unit=SHARE,
        width=6,
        height=9,
        empty="No worker in a phase that counts in the time shown.",
    )
    each = by("max", "worker", f"avg_over_time({of_run(validity.OVERLOADED)}[1m])")
    return lines(said, query(each, "worker {{worker}}"), bound("cpu_time_share")).axis_soft_max(RARELY)


def heartbeat() -> timeseries.Panel:
    """Since the last beat."""
    said = Said(
        title="Age of the last heartbeat",
        description="Seconds since each worker last showed that its loop turns; above the bound it is lost.",
        unit=SECONDS,
        width=6,
        height=9,
        empty=NO_WORKER,
    )
    beat = of_run("loadtest_worker_heartbeat_timestamp_seconds")
    age = by("max", "worker", f"timestamp({beat}) - {beat}")
    lost = f"{number(validity.SILENT)} * {by('max', '', of_run('loadtest_run_info'))}"
    return lines(said, query(_under_way(age, COOLDOWN), "worker {{worker}}"), query(lost, BOUND))


def unseen() -> timeseries.Panel:
    """Between scrapes."""
    said = Said(
        title="Age of the last scrape",
        description="Seconds since Prometheus last saw the telemetry; above the bound too much was not seen.",
        unit=SECONDS,
        width=12,
        height=9,
    )
    age = _under_way(f"(time() - max(last_over_time({of_run(validity.SEEN)}[1m])))")
    panel = lines(said, query(age, "age"), bound("scrape_gap_seconds"))
    return panel.override_by_name("age", theme.achieved())


def seen() -> statetimeline.Panel:
    """Each endpoint."""
    said = Said(
        title="Scrapes",
        description="Whether each scrape of what the run started succeeded.",
        unit=NONE,
        width=12,
        height=9,
    )
    words = named((0, "failed", theme.INVALID), (1, "seen", theme.GOOD))
    found = _under_way(by("min", "job, instance", of_run("up")))
    return states(said, query(found, "{{job}} {{instance}}"), mappings=words)


def scrape_duration() -> timeseries.Panel:
    """By job."""
    said = Said(
        title="Duration of a scrape",
        description="How long Prometheus took to scrape each endpoint; it must stay well under the scrape interval.",
        unit=SECONDS,
        width=12,
    )
    return lines(said, query(by("max", "job, instance", of_run("scrape_duration_seconds")), "{{job}} {{instance}}"))


def samples() -> timeseries.Panel:
    """By job."""
    said = Said(
        title="Samples of a scrape",
        description="How many samples each scrape brought; it does not grow during a run, for labels are bounded.",
        unit=SHORT,
        width=12,
    )
    return lines(said, query(by("max", "job, instance", of_run("scrape_samples_scraped")), "{{job}} {{instance}}"))


def books() -> stat.Panel:
    """Two counts of the same."""
    said = Said(
        title="Operations counted",
        description="Operations by their counter and by their histogram, which must agree; the verdict compares them "
        "with Locust's own count.",
        unit=SHORT,
        width=12,
        height=6,
    )
    return value(
        said,
        latest(by("sum", "", so_far(of_run("loadtest_requests_total"))), "by the counter"),
        latest(by("sum", "", so_far(of_run("loadtest_response_time_seconds_count"))), "by the histogram"),
    )


def resets() -> stat.Panel:
    """None may be."""
    said = Said(
        title="Counters that began again",
        description="How many counters of operations began again at 0 within four scrapes, of which none may.",
        unit=SHORT,
        width=12,
        height=6,
    )
    words: Mappings = [*named((0, "none", theme.GOOD)), above(0, theme.INVALID)]
    return value(said, latest(f"max({ever(of_run(validity.RESETS))})", "resets"), mappings=words, coloured=True)


def cores() -> timeseries.Panel:
    """CPU of the groups."""
    seconds = rate(of_run("namedprocess_namegroup_cpu_seconds_total", **OWN))
    return _group("CPU", "Cores that the workers, Prometheus and the telemetry process used.", SHORT, seconds)


def memory() -> timeseries.Panel:
    """Resident memory of the groups."""
    resident = of_run("namedprocess_namegroup_memory_bytes", **OWN, memtype="resident")
    return _group("Resident memory", "What they hold in memory, shared pages counted again.", BYTES, resident)


def threads() -> timeseries.Panel:
    """Threads of the groups."""
    found = of_run("namedprocess_namegroup_num_threads", **OWN)
    return _group("Threads", "How many threads they have.", SHORT, found)


def descriptors() -> timeseries.Panel:
    """Descriptors of the groups."""
    found = of_run("namedprocess_namegroup_open_filedesc", **OWN)
    return _group("Open descriptors", "Files and sockets that they have open, one for each connection.", SHORT, found)


_QUANTILES = {"P50": 0.5, "P95": 0.95, "P99": 0.99}


def _bound(check: str) -> str:
    return by("max", "", of_run("loadtest_validity_bound", check=check))


def _under_way(expression: str, *over: str) -> str:
    """Until the run is finished, has a verdict, or is in a phase of `over`: what ends with it has not failed."""
    ended = of_run("loadtest_phase", phase=any_of((FINISHED, *over)))
    given = f"max(max_over_time({of_run('loadtest_run_verdict')}[10m]))"
    return f"{expression} unless on () (max(max_over_time({ended}[10m])) == 1 or {given})"


def _group(title: str, description: str, unit: str, expression: str) -> timeseries.Panel:
    said = Said(title=title, description=description, unit=unit, width=6, empty=NO_GROUP)
    panel = lines(said, query(by("sum", "groupname", expression), "{{groupname}}"))
    for name, colour in zip(OWN_GROUPS, theme.DISTINCT, strict=False):
        panel = panel.override_by_name(name, theme.full(colour))
    return panel
