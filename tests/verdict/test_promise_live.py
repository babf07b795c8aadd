"""The promise once more, with nothing made by hand: real telemetry, a real Prometheus, its alerts and our questions."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from loadgen.criteria import BELOW, sense_of
from loadgen.model.plan import Criterion, Phase, Plan, Stage
from loadgen.model.record import RunRecord
from loadgen.model.verdict import FAILED, PASSED, UNKNOWN, Verdict
from loadgen.query.collect import collect
from loadgen.query.scrapes import seen_since
from loadgen.rules import render, rule_groups, vocabulary
from loadgen.rules.states import BREACHED, FAILING, GIVEN, HOLDING, STATE, USED
from loadgen.telemetry.counters import WorkerCounters
from loadgen.telemetry.run_values import RunValues
from loadgen.verdict import judge
from tests.outcomes import outcome
from tests.plans import errors, example_plan, latency, throughput
from tests.prometheus_process import RunningPrometheus, start_prometheus
from tests.telemetry_process import prepare, start_telemetry
from tests.waiting import wait_until

SECONDS = 10
CRITERIA = (latency(minimum=100, phases=("steady",)), errors(minimum=100, phases=("steady",)), throughput(bound=20.0))

CASES = {
    # run → operations, slow, failed; and the lines for latency, errors, throughput
    "all-good": ((200, 0, 0), (PASSED, PASSED, PASSED)),
    "slow-at-the-bound": ((200, 10, 0), (PASSED, PASSED, PASSED)),
    "slow-above-the-bound": ((200, 11, 0), (FAILED, PASSED, PASSED)),
    "failed-below-the-bound": ((202, 0, 2), (PASSED, PASSED, PASSED)),
    "failed-at-the-bound": ((200, 0, 2), (PASSED, FAILED, FAILED)),
    "rate-below-the-bound": ((199, 0, 0), (PASSED, PASSED, FAILED)),
    "too-few": ((99, 5, 0), (UNKNOWN, UNKNOWN, FAILED)),
    "too-few-and-yet-certain": ((6, 6, 0), (FAILED, UNKNOWN, FAILED)),
    "nothing-at-all": ((0, 0, 0), (UNKNOWN, UNKNOWN, FAILED)),
}


def plan_of(name: str, criteria: tuple[Criterion, ...] = CRITERIA) -> Plan:
    return example_plan(
        run_id=f"smoke-{name}",
        scenario="smoke",
        criteria=criteria,
        duration=float(SECONDS),
        users=10,
        stages=(Stage(phase="steady", start=0, end=SECONDS, from_users=10, to_users=10),),
        phases=(Phase(name="steady", start=0, end=SECONDS, judged=True),),
    )


class Live:
    """A run whose operations are all counted at once, after its telemetry was seen at 0."""

    def __init__(self, plan: Plan, work: Path) -> None:
        self.plan, self.work = plan, work
        self.values = RunValues.open(work, plan)
        self.worker = WorkerCounters.open(work, plan, 0)

    def take_place(self, count: int, slow: int, failed: int) -> None:
        self.started = time.time() - SECONDS - 1
        self.values.start(self.started)
        for number in range(count):
            reason = "timeout" if number < failed else None
            self.worker.record(outcome(seconds=3.0 if number < failed + slow else 0.05, reason=reason))
        self.values.finish()

    def judged(self, prometheus: RunningPrometheus, final: float) -> Verdict:
        counts = self.worker.counts()
        record = RunRecord(
            run_id=self.plan.run_id,
            version="",
            commit="",
            started=self.started,
            ended=final,
            final_scrape=final,
            outcome="completed",
            locust=counts,
            workers=counts,
        )
        evidence = collect(prometheus.client, self.plan, record)
        return judge(self.plan, record, evidence)


class Together(NamedTuple):
    """The runs, their Prometheus, and how each was judged."""

    prometheus: RunningPrometheus
    runs: dict[str, Live]
    verdicts: dict[str, Verdict]

    def recorded(self, rule: str) -> dict[tuple[str, str], float]:
        """What a rule recorded last, by run and criterion; the criterion is empty for what a whole run has."""
        found = self.prometheus.client.instant(rule, time.time()).data["result"]
        return {(one["metric"]["run_id"], one["metric"].get("criterion", "")): float(one["value"][1]) for one in found}


@pytest.fixture(scope="module")
def verdicts(together: Together) -> dict[str, Verdict]:
    """By case."""
    return together.verdicts


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Together]:
    """Every case as a run of its own, all at once under one Prometheus."""
    folder = tmp_path_factory.mktemp("promise")
    plans = {name: plan_of(name) for name in CASES}
    groups = [group for plan in plans.values() for group in rule_groups(plan, {"run_id": plan.run_id})]
    with ExitStack() as stack:
        targets, runs = [], {}
        for name, plan in plans.items():
            prepare(folder / name, plan)
            _, port = stack.enter_context(start_telemetry(folder / name))
            targets.append((f"127.0.0.1:{port}", {"run_id": plan.run_id, "scenario": plan.scenario}))
            runs[name] = Live(plan, folder / name)
        rules = render((*vocabulary(4.0), *groups))
        prometheus = stack.enter_context(start_prometheus(folder, targets, rules))
        seen(prometheus, runs)
        for name, run in runs.items():
            run.take_place(*CASES[name][0])
        final = seen(prometheus, runs)
        yield Together(prometheus, runs, {name: run.judged(prometheus, final) for name, run in runs.items()})


def seen(prometheus: RunningPrometheus, runs: dict[str, Live]) -> float:
    """Wait until every run was scraped after now; the latest of those moments."""
    now = time.time()

    def scraped(plan: Plan) -> float | None:
        return seen_since(prometheus.client, plan, now, time.time())

    return max(wait_until(lambda p=run.plan: scraped(p), 30, "a scrape") for run in runs.values())


@pytest.mark.parametrize("name", CASES)
def test_alerts_and_lines_agree_and_are_as_they_should(name, verdicts):
    found = verdicts[name]
    assert tuple(line.status for line in found.criteria) == CASES[name][1]
    agreement = next(check for check in found.validity if check.id == "agreement")
    assert agreement.ok, agreement.sentence


@pytest.mark.parametrize("name", CASES)
def test_what_prometheus_counted_is_what_was_counted(name, verdicts):
    found = next(check for check in verdicts[name].validity if check.id == "counts")
    assert found.ok, found.sentence
    assert msgspec.json.decode(msgspec.json.encode(verdicts[name]), type=Verdict) == verdicts[name]


def test_what_is_recorded_of_criteria_and_runs_says_what_the_verdicts_say(together: Together):
    lines = {(found.run_id, line.criterion): line for found in together.verdicts.values() for line in found.criteria}
    failed = {key: float(line.status == FAILED) for key, line in lines.items()}
    wait_until(lambda: together.recorded(BREACHED) == failed, 10, f"{BREACHED} to be {failed}")
    used = together.recorded(USED)
    assert set(used) == set(lines)
    senses = {criterion.id: sense_of(criterion) for criterion in CRITERIA}
    said = {key: value >= 1 if senses[key[1]] == BELOW else value > 1 for key, value in used.items()}
    assert said == {key: bool(value) for key, value in failed.items()}


def test_a_run_stands_as_its_criteria_do_until_its_verdict_is_given(together: Together):
    so_far = {(v.run_id, ""): FAILING if _any_failed(v) else HOLDING for v in together.verdicts.values()}
    wait_until(lambda: together.recorded(STATE) == so_far, 10, f"{STATE} to be {so_far}")
    for name, run in together.runs.items():
        run.values.verdict(together.verdicts[name].verdict)
    given = {(v.run_id, ""): GIVEN[v.verdict] for v in together.verdicts.values()}
    wait_until(lambda: together.recorded(STATE) == given, 10, f"{STATE} to be {given}")


def _any_failed(verdict: Verdict) -> bool:
    return any(line.status == FAILED for line in verdict.criteria)
