"""A dashboard made for node_exporter works on ours: a real Prometheus scrapes it and answers what the panels ask."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadgen.query.client import Prometheus
from tests.exporter_process import ask, start_exporter
from tests.prometheus_process import start_prometheus
from tests.waiting import wait_until

FOLDER = Path(__file__).parent
QUERIES = [line for line in (FOLDER / "dashboard.promql").read_text().splitlines() if line and line[0] != "#"]
PANELS = dict(line.split(": ", 1) for line in QUERIES)

METRIC = re.compile(r"\b(?:node|process)_\w+")
SAMPLE = re.compile(r"^\w+", re.MULTILINE)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Prometheus, str, set[str]]]:
    """A Prometheus that has scraped an exporter three times, the exporter's address, and the names it shows."""
    with start_exporter("host") as (_, port):
        address = f"127.0.0.1:{port}"
        names = set(SAMPLE.findall(ask(port).text))
        with start_prometheus(tmp_path_factory.mktemp("prometheus"), [(address, {})]) as prometheus:
            scrapes = f'count_over_time(up{{instance="{address}"}}[1m]) >= 3'
            wait_until(lambda: _values(prometheus.client, scrapes), 30, "three scrapes")
            yield prometheus.client, address, names


def _values(prometheus: Prometheus, expression: str) -> list[str]:
    return [found["value"][1] for found in prometheus.instant(expression, time.time()).data["result"]]


def test_the_machine_is_in_the_dashboards_list(seen: tuple[Prometheus, str, set[str]]):
    prometheus, address, _ = seen
    (found,) = prometheus.instant("node_uname_info", time.time()).data["result"]
    assert found["metric"]["instance"] == address
    assert found["metric"]["nodename"]


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_has_an_answer(seen: tuple[Prometheus, str, set[str]], panel: str):
    prometheus, address, names = seen
    missing = set(METRIC.findall(PANELS[panel])) - names
    if missing:
        pytest.skip(f"this machine has no {', '.join(sorted(missing))}")
    query = PANELS[panel].replace("$node", f'instance="{address}"').replace("$rate", "10s")
    assert _values(prometheus, query)


def test_every_metric_of_a_panel_is_one_that_the_exporter_knows():
    golden = "".join(path.read_text() for path in (FOLDER / "golden").glob("*.txt"))
    known = set(SAMPLE.findall(golden))
    ours = ("node_scrape_collector_", "process_")  # of the core, and with it in every exporter
    asked = {name for query in PANELS.values() for name in METRIC.findall(query) if not name.startswith(ours)}
    assert asked - known == set()
