"""A Prometheus of somebody else's finds a run by itself: it asks the telemetry what there is to scrape."""

from __future__ import annotations

import http.client
import json
from contextlib import ExitStack
from pathlib import Path

from loadgen.model.measured import Measured, Scrape
from loadgen.rules.target_groups import target_groups
from tests.plans import example_plan
from tests.prometheus_process import start_prometheus
from tests.small_plan import small_plan
from tests.telemetry_process import prepare, start_telemetry
from tests.waiting import wait_until

FOREIGN = """\
global: {{scrape_interval: 1m}}
scrape_configs:
- job_name: whatever runs
  http_sd_configs: [{{url: "http://127.0.0.1:{port}/sd"}}]
"""


def test_the_page_names_what_the_plan_scrapes_at_the_address_that_was_asked(tmp_path: Path):
    plan = example_plan()
    prepare(tmp_path, plan)
    with start_telemetry(tmp_path) as (_, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/sd", headers={"Host": "elsewhere.example:1"})
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("Content-Type")) == (200, "application/json")
        assert json.loads(answer.read()) == target_groups(plan, f"127.0.0.1:{port}")
        connection.close()


def test_a_prometheus_configured_once_scrapes_the_run_with_its_labels_and_as_often_as_it_wants(tmp_path: Path):
    run, other, theirs = tmp_path / "run", tmp_path / "other", tmp_path / "prometheus"
    for folder in (run, other, theirs):
        folder.mkdir()
    # What stands for an exporter is a telemetry process too: what it shows does not matter here.
    prepare(other, small_plan())
    with ExitStack() as stack:
        _, exporter = stack.enter_context(start_telemetry(other))
        scrapes = (
            Scrape(job="host", address=f"127.0.0.1:{exporter}", ours=True),
            Scrape(job="june", address=f"127.0.0.1:{exporter}", path="/healthz"),
        )
        plan = small_plan(measured=Measured(scrapes=scrapes))
        prepare(run, plan)
        _, port = stack.enter_context(start_telemetry(run))
        client = stack.enter_context(start_prometheus(theirs, config=FOREIGN.format(port=port))).client
        # The third answers with no metrics, which is no matter here.
        wait_until(lambda: [target["health"] for target in client.targets()].count("up") >= 2, 30, "two scrapes")
        found = {target["labels"]["job"]: target for target in client.targets()}
    own = {"run_id": plan.run_id, "scenario": plan.scenario}
    assert found["loadtest"]["labels"] == {"job": "loadtest", "instance": f"127.0.0.1:{port}", **own}
    assert found["host"]["labels"] == {"job": "host", "instance": f"127.0.0.1:{exporter}", **own}
    assert found["june"]["labels"] == {"job": "june", "instance": f"127.0.0.1:{exporter}"}
    assert found["june"]["scrapeUrl"].endswith("/healthz")
    assert {target["scrapeInterval"] for target in found.values()} == {"1s"}


def test_numbers_are_given_to_whoever_asks_for_this_run_or_for_none_and_never_under_the_name_of_another(tmp_path: Path):
    plan = small_plan()
    prepare(tmp_path, plan)
    with start_telemetry(tmp_path) as (_, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        statuses = {}
        for query in ("", f"?run_id={plan.run_id}", "?run_id=smoke-20200101000000"):
            connection.request("GET", f"/metrics{query}")
            answer = connection.getresponse()
            answer.read()
            statuses[query] = answer.status
        connection.close()
    assert list(statuses.values()) == [200, 200, 404]
