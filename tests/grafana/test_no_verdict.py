"""A run that is over and was never judged is not said to hold its bounds, wherever its state is read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from loadgen.model.verdict import FAIL
from loadgen.query.client import Prometheus
from loadgen.rules.states import FAILING, GIVEN, HOLDING, NO_VERDICT, PATIENCE, STATE
from tests.backfilled import OFFSET, Past
from tests.grafana.asking import Page, Window, questions_of
from tests.grafana.shipped import DASHBOARDS
from tests.prometheus_process import start_prometheus

ENDS, PLANNED = 20, 45
"""Seconds of plan time: the end of the runs, and that of the load that was planned."""

LATER = {"died-1": None, "vanished-2": NO_VERDICT, "judged-3": GIVEN[FAIL], "breached-4": None}
"""By run, its last state, after its end. A Prometheus that died with a run has none."""

WHERE = {
    "june-run": "june-run / Verdict / A",
    "june-compare": "june-compare / What is compared / B",
    "june-runs": "june-runs / Runs, the newest on top / A",
}


class Shown(NamedTuple):
    client: Prometheus
    begun: float

    def state(self, uid: str, run: str, second: float) -> float:
        """What is said of a run, on a dashboard that is open until so many seconds of plan time."""
        page = Page(
            DASHBOARDS[uid],
            self.client,
            Window(self.begun - 200, self.begun + second + OFFSET),
            {"run": run, "other": run},
        )
        (asked,) = [question for question in questions_of(DASHBOARDS[uid]) if question.where == WHERE[uid]]
        (said,) = [values[0] for labels, values in page.values(asked.expression) if labels.get("run_id", run) == run]
        return said


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("no_verdict")
    begun = float(int(time.time()) - 600)
    past = Past(begun, PLANNED)
    for run_id, state in LATER.items():
        run = {"run_id": run_id, "scenario": "smoke"}
        for name, value in (("start_timestamp", begun), ("duration", PLANNED)):
            past.gauge(f"loadtest_run_{name}_seconds", run, lambda at, v=value: v if at < ENDS else None)
        past.gauge("loadtest_run_info", run, lambda at: 1 if at < ENDS else None)
        first = FAILING if run_id == "breached-4" else HOLDING
        past.gauge(STATE, run, lambda at, a=first, b=state: a if at < ENDS else b if at < ENDS + 5 else None)
    past.store(folder / "data")
    with start_prometheus(folder, flags=("--query.lookback-delta=2s",)) as running:
        yield Shown(running.client, begun)


@pytest.mark.parametrize("uid", WHERE)
def test_a_run_without_a_verdict_long_after_its_planned_end_neither_holds_nor_fails(shown, uid):
    found = {run: shown.state(uid, run, PLANNED + PATIENCE + 10) for run in LATER}
    assert found == {run: state or NO_VERDICT for run, state in LATER.items()}


@pytest.mark.parametrize("uid", WHERE)
def test_until_then_it_stands_as_the_rules_said_last(shown, uid):
    assert shown.state(uid, "died-1", PLANNED + 10) == HOLDING
    assert shown.state(uid, "breached-4", PLANNED + 10) == FAILING
    assert shown.state(uid, "vanished-2", PLANNED + 10) == NO_VERDICT
