"""Whether two runs can be compared, as the first panel of Compare says it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from grafana.boards.compare import ALONE
from tests.backfilled import Past
from tests.grafana.asking import Page, Window, questions_of
from tests.grafana.shipped import DASHBOARDS
from tests.prometheus_process import RunningPrometheus, start_prometheus

ALIKE = 1
USERS = {"smoke-1": (5, 5), "smoke-2": (5, 5), "smoke-3": (5, 50)}
"""By run, the planned users at first and later."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPrometheus]:
    folder = tmp_path_factory.mktemp("comparable")
    past = Past(float(int(time.time()) - 600), 20)
    for run_id, (first, later) in USERS.items():
        run = {"run_id": run_id, "scenario": "smoke"}
        past.gauge("loadtest_run_info", {**run, "test_type": "rest", "target": "sim", "edges": "1"}, lambda _: 1)
        past.gauge("loadtest_run_duration_seconds", run, lambda _: 20)
        past.gauge(
            "loadtest_users_target", {**run, "test_type": "rest"}, lambda at, a=first, b=later: a if at < 10 else b
        )
    past.store(folder / "data")
    with start_prometheus(folder) as prometheus:
        yield prometheus


@pytest.mark.parametrize(
    "run, other, said",
    [
        ("smoke-1", "smoke-2", [ALIKE]),
        ("smoke-1", "smoke-3", [2]),
        ("smoke-1", "smoke-1", [ALONE]),
        ("smoke-1", "", [ALONE]),
        ("smoke-1", "smoke-9", [ALONE]),
        ("smoke-8", "smoke-9", []),
        ("", "", []),
    ],
)
def test_two_runs_are_comparable_that_were_planned_alike_and_one_alone_is_not(running, run, other, said):
    now = time.time()
    page = Page(DASHBOARDS["june-compare"], running.client, Window(now - 900, now), {"run": run, "other": other})
    (asked,) = [q for q in questions_of(DASHBOARDS["june-compare"]) if q.where == "june-compare / Comparable / A"]
    assert [values[0] for _, values in page.values(asked.expression)] == said
