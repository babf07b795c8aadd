"""Alerts that say while a run goes on that it cannot be believed: the arithmetic of the verdict's checks, live.

Nothing in an expression depends on how long a run is: phases, their lengths and the users that are due come from the
run's own metrics. So the rules of a scenario serve its runs at every time scale. What was so once stays so until the
telemetry ends, as in the verdict. An alert that fires at the end of a run means that its check failed, but for the
corners named here; and a check may fail without its alert:

- generator-late: the same integers and the same division. While operations are still to come, late ones are divided by
  no fewer than the criteria need: a run with fewer cannot pass anyway. From the drain on alert and check agree exactly.
- generator-cpu: busy samples over the samples that the planned phases have, so what fires no later sample can repair.
  The check divides by the samples that there are: of a run that was stopped, or that lost samples, it fails sooner. It
  also fails when a worker was never seen. It reads the value at moments of its own, in a run of more than 600 scrapes
  only at every n-th: within a few samples of the bound the two may differ either way.
- users: the lowest share on a plateau. The alert lets a plateau settle for two scrapes more than the check, and tells
  it by a target that stands still: one that climbs by less than a user a scrape looks so. Of a run of more than 600
  scrapes the check may miss a dip that ends within a few scrapes.
- evidence and scrape-gap: LoadtestMetricsAbsent while the telemetry is away, for then there is no final scrape;
  LoadtestScrapeGap once it is back, for then there was a gap; never both. That
  nothing was scraped for longer than may be is asked for a scrape late, when every scrape up to then has come in: the
  time since the last one would be too long while a slow scrape comes in, and the number of samples in a window cannot
  tell one long gap from several short ones. A gap that ends within a scrape of the bound may be missed, and so are one
  over the start of the load and one after it; of a stopped run one after the final scrape is seen by the alert alone.
- worker-lost: a worker that no longer beats though its load goes on. The check knows a process that ended at once, and
  ends the load; the alert sees one that hangs, and resolves when it comes back, of which only `generator-late` tells.
- counter-reset: within four scrapes, so one that hides in a gap is seen by the check alone.
"""

from __future__ import annotations

from msgspec import Struct

from loadgen.catalogue import le
from loadgen.catalogue.promql import Regex, any_of, duration, number, selector
from loadgen.config.terms import SCRAPES
from loadgen.criteria import Alert, Scope
from loadgen.criteria.expressions import BY_RUN, gauge, total
from loadgen.criteria.shares import percent
from loadgen.model.plan import COOLDOWN, FINISHED, Plan
from loadgen.model.quantities import duration_text
from loadgen.rules.alerts import VALIDITY, alert_rule
from loadgen.rules.groups import Group
from loadgen.verdict.generator import SETTLING
from loadgen.verdict.span import watched

OVERLOADED = "worker:loadtest_overloaded:bool"
"""1 while a worker is at the limit of its core in a phase that counts, 0 while it is not."""
USERS = "run:loadtest_users:ratio"
"""Share of the planned users that are at work, on plateaus that count."""
RESETS = "run:loadtest_counters:resets"
"""Counters of operations that began again within the last four scrapes."""
SEEN = "run:loadtest_seen:timestamp_seconds"
"""When the run's telemetry was last scraped."""
UNSEEN = "run:loadtest_unseen:seconds"
"""For how long a run under way has been unseen, while that is longer than it may be."""

REMEMBERED = 6 * 3600.0
"""Seconds for which what was recorded counts; longer than a run."""
AFTERWARDS = 600.0
"""Seconds for which telemetry that vanished is missed."""
SILENT = 5.0
"""Seconds without a beat after which a worker is lost; it beats once a second."""

ON = "on (run_id, scenario)"
INFO, LAG = "loadtest_run_info", "loadtest_schedule_lag_seconds"
COUNTERS = Regex("loadtest_requests_total|loadtest_test_type_request_failures_total")


class Warned(Struct, frozen=True):
    """An alert, and the verdict's check that it stands for."""

    check: str
    alert: Alert


def validity_groups(plan: Plan, scope: Scope) -> tuple[Group, ...]:
    """The rules for the run or scenario in `scope`: `{"run_id": …}` or `{"scenario": …}`."""
    recorded = [{"record": name, "expr": expression} for name, expression in _recorded(plan, scope).items()]
    rules = [*recorded, *(alert_rule(one.alert, {"check": one.check}) for one in warnings(plan, scope))]
    return (Group(name=f"validity-{'-'.join(scope.values())}", rules=tuple(rules), interval=plan.scrape_interval),)


def least(plan: Plan) -> int:
    """So many operations the criteria need together, of each test type as many as one of them asks for; at least 1."""
    wanted: dict[str, int] = {}
    for criterion in plan.criteria:
        if criterion.operations:
            wanted[criterion.test_type] = max(wanted.get(criterion.test_type, 0), criterion.minimum)
    return max(1, sum(wanted.values()))


def gap(plan: Plan) -> float:
    """Seconds for which the telemetry may be unseen."""
    return plan.validity.scrape_gap_intervals * plan.scrape_interval


def _recorded(plan: Plan, scope: Scope) -> dict[str, str]:
    by_worker = "max by (run_id, scenario, worker)"
    busy = f"{by_worker} ({selector('loadtest_generator_cpu_ratio', scope)})"
    return {
        OVERLOADED: f"{busy} > bool {number(plan.validity.cpu_ratio)} and {ON} {_counts(plan, scope)}",
        USERS: _users(plan, scope),
        RESETS: f"sum {BY_RUN} (resets({_counters(scope)}[{duration(SCRAPES * plan.scrape_interval)}]))",
        UNSEEN: _unseen(plan, scope),
        # After it, so that it is the time before the gap that is asked for when the telemetry has just come back.
        SEEN: f"max {BY_RUN} (timestamp({selector(INFO, scope)}))",
    }


def _watched(plan: Plan, scope: Scope) -> dict[str, str | Regex]:
    return {**scope, "phase": any_of(watched(plan))}


def _counts(plan: Plan, scope: Scope) -> str:
    """The runs that are in a phase in which the generator must do its work well."""
    return f"({gauge('loadtest_phase', _watched(plan, scope))} == 1)"


def _counters(scope: Scope) -> str:
    return selector("", {"__name__": COUNTERS, **scope})


def _users(plan: Plan, scope: Scope) -> str:
    target, span = selector("loadtest_users_target", scope), duration((SETTLING + 2) * plan.scrape_interval)
    share = f"sum {BY_RUN} ({selector('loadtest_users', scope)}) / (sum {BY_RUN} ({target}) > 0)"
    still = f"(max {BY_RUN} (max_over_time({target}[{span}]) - min_over_time({target}[{span}])) == 0)"
    return f"{share} and {ON} {_counts(plan, scope)} and {ON} {still}"


def _unseen(plan: Plan, scope: Scope) -> str:
    """Seconds since the last scrape, of runs that began long enough ago, are not over, and were not scraped lately."""
    late, long = gap(plan) + plan.scrape_interval, duration(AFTERWARDS)

    def over(how: str, metric: str, **labels: str) -> str:
        return f"max {BY_RUN} ({how}({selector(metric, {**scope, **labels})}[{long}]))"

    began = f"(time() - {over('last_over_time', 'loadtest_run_start_timestamp_seconds')} >= {number(late)})"
    seen = f"{selector(INFO, scope)}[{duration(gap(plan))}] offset {duration(plan.scrape_interval)}"
    lately = f"max {BY_RUN} (present_over_time({seen}))"
    ended = (
        f"({over('max_over_time', 'loadtest_phase', phase=FINISHED)} == 1 "
        f"or {over('present_over_time', 'loadtest_run_verdict')})"
    )
    since = f"(time() - {over('last_over_time', SEEN)})"
    return f"{since} and {ON} {began} unless {ON} {lately} unless {ON} {ended}"


def warnings(plan: Plan, scope: Scope) -> tuple[Warned, ...]:
    """The alerts, each with its check."""
    return (
        Warned("generator-late", _late(plan, scope)),
        Warned("generator-cpu", _overloaded(plan, scope)),
        Warned("users", _missing(plan, scope)),
        Warned("worker-lost", _lost(plan, scope)),
        Warned("scrape-gap", _gap(plan, scope)),
        Warned("evidence", _absent(plan, scope)),
        Warned("counter-reset", _reset(scope)),
    )


def _alert(name: str, expr: str, summary: str, description: str) -> Alert:
    """`summary`: what is so, to be followed by the run."""
    told = f"{summary} in {{{{ $labels.run_id }}}}"
    return Alert(name=name, role=VALIDITY, expr=expr, summary=told, description=description)


def _there(scope: Scope) -> str:
    """Of the runs that are scraped now."""
    return f"and {ON} {gauge(INFO, dict(scope))}"


def _remembered(how: str, name: str, scope: Scope) -> str:
    return f"{how}({selector(name, scope)}[{duration(REMEMBERED)}])"


def _late(plan: Plan, scope: Scope) -> Alert:
    limits, labels = plan.validity, _watched(plan, scope)
    count = total(f"{LAG}_count", labels)
    late = f"({count} - {total(f'{LAG}_bucket', labels | {'le': le(limits.late_seconds)})})"
    bound = number(limits.late_share)
    over = gauge("loadtest_phase", {**scope, "phase": any_of((COOLDOWN, FINISHED))})
    certain = f"({late} / {number(least(plan))} > {bound} or {over} == 1)"
    return _alert(
        "LoadtestGeneratorLate",
        f"{late} / {count} > {bound} and {ON} {certain}",
        "the generator is late",
        f"{{{{ $value | humanizePercentage }}}} of the operations began more than {duration_text(limits.late_seconds)} "
        f"late through the generator's fault; at most {percent(limits.late_share)} may.",
    )


def _overloaded(plan: Plan, scope: Scope) -> Alert:
    limits = plan.validity
    busy = f"{_remembered('sum_over_time', OVERLOADED, scope)} * {number(plan.scrape_interval)}"
    planned = f"sum {BY_RUN} ({selector('loadtest_phase_duration_seconds', _watched(plan, scope))})"
    return _alert(
        "LoadtestGeneratorOverloaded",
        f"{busy} / {ON} group_left () {planned} > {number(limits.cpu_time_share)} {_there(scope)}",
        "a worker is at the limit of its core",
        f"Worker {{{{ $labels.worker }}}} used more than {percent(limits.cpu_ratio)} of a core for "
        f"{{{{ $value | humanizePercentage }}}} of the planned time; at most {percent(limits.cpu_time_share)} may be.",
    )


def _missing(plan: Plan, scope: Scope) -> Alert:
    bound = plan.validity.users_share
    return _alert(
        "LoadtestUsersMissing",
        f"{_remembered('min_over_time', USERS, scope)} < {number(bound)} {_there(scope)}",
        "users are missing",
        f"On a plateau only {{{{ $value | humanizePercentage }}}} of the planned users were at work; "
        f"{percent(bound)} are needed.",
    )


def _lost(plan: Plan, scope: Scope) -> Alert:
    beat = selector("loadtest_worker_heartbeat_timestamp_seconds", scope)
    loaded = any_of(phase.name for phase in plan.phases if phase.name not in {COOLDOWN, FINISHED})
    return _alert(
        "LoadtestWorkerLost",
        f"max by (run_id, scenario, worker) (timestamp({beat}) - {beat}) > {number(SILENT)} "
        f"and {ON} ({gauge('loadtest_phase', {**scope, 'phase': loaded})} == 1)",
        "a worker is lost",
        "Worker {{ $labels.worker }} has shown no sign of life for {{ $value | humanize }} s; "
        f"at most {duration_text(SILENT)} are allowed.",
    )


def _gap(plan: Plan, scope: Scope) -> Alert:
    return _alert(
        "LoadtestScrapeGap",
        f"{_remembered('max_over_time', UNSEEN, scope)} {_there(scope)}",
        "the load was not seen for too long",
        "Prometheus did not see the telemetry for about {{ $value | humanize }} s; "
        f"at most {duration_text(gap(plan))} are allowed.",
    )


def _absent(plan: Plan, scope: Scope) -> Alert:
    return _alert(
        "LoadtestMetricsAbsent",
        f"{selector(UNSEEN, scope)} unless {ON} {gauge(INFO, dict(scope))}",
        "the telemetry has vanished",
        "Prometheus has not seen the telemetry for {{ $value | humanize }} s, and the run is not over; "
        f"at most {duration_text(gap(plan))} are allowed.",
    )


def _reset(scope: Scope) -> Alert:
    return _alert(
        "LoadtestCounterReset",
        f"{_remembered('max_over_time', RESETS, scope)} > 0 {_there(scope)}",
        "a counter began again",
        "{{ $value }} counters began again at 0 during the run; none may.",
    )
