"""What an operator reads off the Run dashboard alone: what was judged, what failed, when, and what gave way first."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from grafana.parts.judged import BREACHES, HOLDS, NO_BOUND, NOT_YET, SHORT_OF_SAMPLES, UNMEASURED
from grafana.parts.soundness import FIRED, FIRES, QUIET, REASON, VERDICT
from loadgen.model.verdict import FAIL, INVALID
from loadgen.rules.states import FAILING, GIVEN, HOLDING, PATIENCE, UNSOUND_SO_FAR
from tests.backfilled import OFFSET, Course, Past
from tests.grafana.asking import Page, Window, questions_of
from tests.grafana.shipped import DASHBOARDS, names_in
from tests.grafana.test_linted import MACHINE_WIDE
from tests.prometheus_process import start_prometheus

RUN = {"run_id": "spike-20300101000000", "scenario": "spike"}
SECONDS, BREACH, FULL, LOST, LOST_UNTIL, JUDGED_UNTIL, ENDS = 60, 20, 10, 30, 36, 40, 50
"""Seconds of plan time: of the record, and at which what happens."""

CRITERIA = {
    "latency:rest": ("latency", "ratio"),
    "errors:rest": ("errors", "ratio"),
    "errors:grpc": ("errors", "ratio"),
    "recovery:rest": ("recovery", "seconds"),
    "throughput:rest": ("throughput", "operations per second"),
    "throughput:grpc": ("throughput", "operations per second"),
    "throughput:websocket": ("throughput", "operations per second"),
}
MEASURED = {"latency:rest": 0.2, "errors:rest": 0.004, "errors:grpc": 0.0}
GROWN = {"throughput:rest": 8.0, "throughput:grpc": 10.0, "throughput:websocket": 8.0}
"""Measured too, but of their bounds no share is known before the end."""
BOUNDS = {
    "latency:rest": 0.05,
    "errors:rest": 0.01,
    "errors:grpc": 0.01,
    "recovery:rest": 60.0,
    "throughput:rest": 10.0,
    "throughput:grpc": 10.0,
}
EVERY = 2
"""Seconds between two evaluations of the validity rules."""

STOPPED = {"run_id": "spike-20300101001000", "scenario": "spike"}
"""A run that is invalid though no alert fired."""

BESIDE = {
    "up": {"job": "host", "instance": "h:1"},
    "ALERTS": {"alertname": "LoadtestHostCpuAtLimit", "alertstate": "firing", "role": "resource", "subject": "h"},
    "namedprocess_namegroup_num_threads": {"groupname": "prometheus", "instance": "h:1"},
    "node_load1": {"job": "host", "instance": "h:1"},
}
"""What is seen all the time, and of no run."""

Values = list[tuple[dict[str, str], float]]


def always(value: float) -> Course:
    return lambda at: value if at < ENDS else None


def between(first: float, end: float, value: float = 1.0) -> Course:
    return lambda at: value if first <= at < end else None


def looked(course: Course) -> Course:
    """As rules record it that are not evaluated every second."""
    return lambda at: course(at) if at // 1 % EVERY == 0 else None


def started() -> float:
    return float(int(time.time()) - 900)


def spike(begun: float) -> Past:
    """A spike that fails: latency is breached at 20 s; a pool is full from 10 s on; a worker is lost for a moment."""
    past = Past(begun, SECONDS)

    def gauge(name: str, course: Course, labels: Mapping[str, str] | None = None) -> None:
        past.gauge(name, {**RUN, **(labels or {})}, course)

    gauge("loadtest_run_info", always(1), {"test_type": "all", "target": "sim", "version": "1", "commit": "c"})
    gauge("loadtest_run_start_timestamp_seconds", always(begun))
    gauge("loadtest_run_duration_seconds", always(45.0))
    for phase, judged, first, end in (("steady", 1, -15, 15), ("spike", 0, 15, 25), ("recovery", 1, 25, JUDGED_UNTIL)):
        gauge("loadtest_judged_phase", always(judged), {"phase": phase})
        gauge(
            "loadtest_phase",
            lambda at, a=first, b=end: (1 if a <= at < b else 0) if at < ENDS else None,
            {"phase": phase},
        )
    gauge("loadtest_phase", lambda at: int(at >= JUDGED_UNTIL) if at < ENDS else None, {"phase": "finished"})
    for criterion, (kind, unit) in CRITERIA.items():
        who = {"criterion": criterion}
        sense = "at_least" if kind == "throughput" else "at_most"
        info = {"kind": kind, "test_type": criterion.split(":")[1], "unit": unit, "sense": sense}
        gauge("loadtest_criterion_info", always(1), who | info)
        if criterion in BOUNDS:
            gauge("loadtest_criterion_bound", always(BOUNDS[criterion]), who)
        breached = criterion == "latency:rest"
        gauge(
            "criterion:loadtest_breached:bool",
            lambda at, b=breached: int(b and at >= BREACH) if at < ENDS else None,
            who,
        )
        if criterion in MEASURED:
            gauge("criterion:loadtest_measured:value", always(MEASURED[criterion]), who)
            gauge("criterion:loadtest_used:ratio", always(MEASURED[criterion] / BOUNDS[criterion]), who)
            gauge("criterion:loadtest_samples:count", always(500.0), who)
        if criterion in GROWN:
            gauge("criterion:loadtest_measured:value", always(GROWN[criterion]), who)
    alerts = (
        ("LoadtestLatencyBreached", {"role": "acceptance", "criterion": "latency:rest"}, BREACH, ENDS),
        ("LoadtestSamplesMissing", {"role": "samples", "criterion": "errors:grpc"}, JUDGED_UNTIL, ENDS),
        ("LoadtestPoolExhausted", {"role": "resource", "kind": "pgbouncer_pool", "subject": "june"}, FULL, ENDS),
        ("LoadtestHostCpuAtLimit", {"role": "resource", "kind": "host_cpu", "subject": "h"}, FULL + 7, ENDS),
        (
            "LoadtestProcessCpuAtLimit",
            {"role": "resource", "kind": "process_cpu", "subject": "generator@h"},
            FULL,
            ENDS,
        ),
        ("LoadtestClientsWaiting", {"role": "resource", "kind": "service_slots", "subject": "llm"}, 1, ENDS),
    )
    for name, labels, first, end in alerts:
        who = {"alertname": name, **labels}
        gauge("ALERTS", between(first, end), who | {"alertstate": "firing"})
        gauge("ALERTS_FOR_STATE", between(first, end, begun + first), who)
    lost = {"alertname": "LoadtestWorkerLost", "role": "validity", "check": "worker-lost"}
    gauge("ALERTS", looked(between(LOST, LOST_UNTIL)), lost | {"alertstate": "firing"})
    gauge("ALERTS_FOR_STATE", looked(between(LOST, LOST_UNTIL, begun + LOST)), lost)
    gauge("run:loadtest_seen:timestamp_seconds", looked(lambda at: begun + at if at < ENDS else None))
    for kind, subject, use in (("pgbouncer_pool", "june", 1.0), ("host_cpu", "h", 0.99)):
        gauge("resource:loadtest_use:value", always(use), {"kind": kind, "subject": subject})
        gauge("loadtest_resource_limit", always(0.9 if kind == "host_cpu" else 1.0), {"kind": kind})
    gauge("loadtest_run_verdict", between(45, ENDS), {"verdict": FAIL})
    # Alerts outlast the verdict by a second, as they may while a run is taken down.
    gauge("run:loadtest_state:code", lambda at: _state(at) if at < ENDS else UNSOUND_SO_FAR if at < ENDS + 1 else None)
    first = {"resource": "pgbouncer_pool:june"}
    gauge("loadtest_first_saturation_timestamp_seconds", between(45, ENDS, begun + 2), first)
    return past


def beside(past: Past) -> None:
    """What is there at the same time: another run, and what is of none."""
    past.gauge("loadtest_run_info", STOPPED, always(1))
    past.gauge("loadtest_run_verdict", {**STOPPED, "verdict": INVALID}, between(45, ENDS))
    for reason in ("interrupted", "counts"):
        past.gauge("loadtest_run_invalid_info", {**STOPPED, "check": reason}, between(45, ENDS))
    for name, labels in BESIDE.items():
        past.gauge(name, labels, always(1))


def _state(at: float) -> int:
    if at >= 45:
        return GIVEN[FAIL]
    return UNSOUND_SO_FAR if LOST <= at < LOST_UNTIL else FAILING if at >= BREACH else HOLDING


class Opened:
    """The Run dashboard at one moment."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._questions = {q.where.removeprefix("june-run / "): q for q in questions_of(DASHBOARDS["june-run"])}

    def read(self, where: str) -> Values:
        """Labels and value of each row or figure, by panel and letter."""
        question = self._questions[where]
        assert question.instant
        return [(labels, numbers[-1]) for labels, numbers in self._page.values(question.expression)]

    def by(self, label: str, where: str) -> dict[str, float]:
        return {labels[label]: value for labels, value in self.read(where)}

    def one(self, where: str) -> float:
        ((_, value),) = self.read(where)
        return value


class Shown:
    """A Prometheus that holds the run, and the moments at which somebody looks."""

    def __init__(self, url_client: object, begun: float) -> None:
        self._client, self.begun = url_client, begun

    def at(self, second: float) -> Opened:
        """With the page open until so many seconds of plan time."""
        return Opened(self.page("june-run", second, RUN["run_id"]))

    def page(self, uid: str, second: float, run: str) -> Page:
        """Any dashboard, open from before the run on."""
        window = Window(self.begun - 200, self.begun + second + OFFSET)
        return Page(DASHBOARDS[uid], self._client, window, {"run": run, "other": run})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    folder: Path = tmp_path_factory.mktemp("read_off")
    begun = started()
    past = spike(begun)
    beside(past)
    past.store(folder / "data")
    # What a run showed is gone a moment after its end, as where a Prometheus saw its targets vanish.
    with start_prometheus(folder, flags=("--query.lookback-delta=2s",)) as running:
        yield Shown(running.client, begun)


AFTER = 400.0
"""Long after the end, when nothing of the run is found any more by who asks for the moment."""


@pytest.mark.parametrize(
    "second, state",
    [(5, HOLDING), (25, FAILING), (31, UNSOUND_SO_FAR), (46, GIVEN[FAIL]), (AFTER, GIVEN[FAIL])],
)
def test_the_verdict_is_that_of_the_moment_and_stays_when_the_run_is_over(shown, second, state):
    assert shown.at(second).one("Verdict / A") == state


@pytest.mark.parametrize("second, left", [(5, 40), (46, 0), (AFTER, 0)])
def test_the_time_left_runs_out(shown, second, left):
    assert shown.at(second).one("Load left / A") == pytest.approx(left, abs=1)


@pytest.mark.parametrize(
    "second, phase, judged", [(5, "steady", 1), (17, "spike", 0), (30, "recovery", 1), (AFTER, "finished", 0)]
)
def test_the_phase_says_whether_it_is_judged(shown, second, phase, judged):
    assert shown.at(second).by("phase", "Phase / A") == {phase: judged}


def test_a_criterion_is_breached_holds_lacks_samples_or_cannot_be_judged_yet(shown):
    assert shown.at(AFTER).by("criterion", "Criteria / E") == {
        "latency:rest": BREACHES,
        "errors:rest": HOLDS,
        "errors:grpc": SHORT_OF_SAMPLES,
        "recovery:rest": UNMEASURED,
        "throughput:rest": NOT_YET,
        "throughput:grpc": HOLDS,
        "throughput:websocket": NO_BOUND,
    }


def test_measured_and_bound_are_in_the_unit_that_stands_beside_them(shown):
    rows = {labels["criterion"]: (labels["unit"], value) for labels, value in shown.at(AFTER).read("Criteria / A")}
    assert rows["latency:rest"] == ("%", pytest.approx(20))
    bounds = {labels["criterion"]: (labels["unit"], value) for labels, value in shown.at(AFTER).read("Criteria / B")}
    assert bounds["latency:rest"] == ("%", pytest.approx(5))
    assert bounds["recovery:rest"] == ("seconds", 60)
    assert shown.at(AFTER).by("criterion", "Criteria / C")["latency:rest"] == pytest.approx(4)


def test_it_says_when_a_criterion_was_first_breached(shown):
    milliseconds = 1000 * (shown.begun + BREACH)
    assert shown.at(AFTER).by("criterion", "Criteria / F") == {"latency:rest": milliseconds}


def test_every_validity_alert_is_named_and_one_that_fired_is_not_forgotten(shown):
    during, after = (shown.at(at).by("alertname", "Validity / A") for at in (LOST + 1, AFTER))
    assert during.keys() == after.keys() > {"LoadtestScrapeGap", "LoadtestCounterReset"}
    assert (during.pop("LoadtestWorkerLost"), after.pop("LoadtestWorkerLost")) == (FIRES, FIRED)
    assert set(during.values()) == set(after.values()) == {QUIET}
    assert shown.at(AFTER).by("alertname", "Validity / C") == {"LoadtestWorkerLost": 6}


def test_a_run_that_is_invalid_without_an_alert_says_why(shown):
    rows = Opened(shown.page("june-run", AFTER, STOPPED["run_id"])).read("Validity / A")
    said = {labels["check"]: value for labels, value in rows if labels["alertname"] == VERDICT}
    assert said == {"interrupted": REASON, "counts": REASON}
    assert {value for labels, value in rows if labels["alertname"] != VERDICT} == {QUIET}


def test_the_resources_of_the_target_stand_in_the_order_in_which_they_came_to_their_limit(shown):
    found = shown.at(AFTER).by("subject", "Resources at their limit, by time / C")
    assert found == {"june": pytest.approx(FULL), "h": pytest.approx(FULL + 7)}
    assert shown.at(AFTER).by("subject", "Resources at their limit, by time / B")["h"] == pytest.approx(1.1)


def test_what_gave_way_first_is_known_with_the_verdict(shown):
    assert shown.at(30).read("Gave way first / A") == []
    assert shown.at(AFTER).by("resource", "Gave way first / A") == {"pgbouncer_pool:june": pytest.approx(2)}


def test_the_mark_of_what_gave_way_first_is_drawn_though_it_was_shown_between_two_steps_only(shown):
    page = shown.page("june-run", AFTER, RUN["run_id"])
    (mark,) = [q for q in questions_of(DASHBOARDS["june-run"]) if q.where.endswith("annotation Gave way first")]
    ((labels, moments),) = page.values(mark.expression, instant=False, step=20)
    assert (labels, set(moments)) == ({"resource": "pgbouncer_pool:june"}, {1000 * (shown.begun + 2)})


def test_the_list_of_runs_leads_to_all_of_a_run_until_its_verdict_at_the_latest(shown):
    page = shown.page("june-runs", AFTER, RUN["run_id"])
    where = "june-runs / Runs, the newest on top / F"
    (until,) = [question for question in questions_of(DASHBOARDS["june-runs"]) if question.where == where]
    ((_, (milliseconds,)),) = page.values(until.expression)
    assert milliseconds == 1000 * (shown.begun + 45 + PATIENCE)


@pytest.mark.parametrize("uid", ["june-run", "june-operations", "june-resources", "june-generator", "june-compare"])
def test_where_no_run_is_chosen_nothing_is_shown_for_one(shown, uid):
    page = shown.page(uid, 30, "")
    asked = [one for one in questions_of(DASHBOARDS[uid]) if names_in(one.expression) - MACHINE_WIDE.keys()]
    assert {one.where: found for one in asked if (found := page.values(one.expression, instant=one.instant))} == {}


def test_without_the_run_in_the_time_shown_nothing_is_said_of_it(shown):
    before = shown.at(-100)
    for where in ("Verdict / A", "Load left / A", "Phase / A", "Criteria / E", "Validity / A"):
        assert before.read(where) == []
