"""What of a run is to be scraped: as files, as /sd, and as a real Prometheus takes it."""

from __future__ import annotations

from loadgen.model.measured import Measured, Scrape
from loadgen.model.plan import Plan
from loadgen.rules.target_groups import target_groups
from tests.small_plan import small_plan

AT = "127.0.0.1:9646"
RUN = {"run_id": "smoke-20251130_120000", "scenario": "smoke"}


def plan(*scrapes: Scrape) -> Plan:
    return small_plan(measured=Measured(scrapes=scrapes), scrape_interval=0.5)


def labels(group: dict) -> dict[str, str]:
    return {name: value for name, value in group["labels"].items() if not name.startswith("__scrape_")}


def test_the_telemetry_comes_first_and_carries_the_run():
    (group,) = target_groups(plan(), AT)
    assert group["targets"] == [AT]
    assert labels(group) == {"job": "loadtest", "__param_run_id": RUN["run_id"], **RUN}


def test_what_the_run_started_carries_the_run_and_what_runs_anyway_does_not():
    _, ours, other = target_groups(
        plan(Scrape(job="host", address="127.0.0.1:9611", ours=True), Scrape(job="host", address="10.0.0.5:9611")), AT
    )
    assert (ours["targets"], labels(ours)) == (["127.0.0.1:9611"], {"job": "host", **RUN})
    assert (other["targets"], labels(other)) == (["10.0.0.5:9611"], {"job": "host"})


def test_a_path_or_scheme_is_named_only_where_it_is_not_the_usual_one():
    _, usual, other = target_groups(
        plan(
            Scrape(job="june", address="127.0.0.1:8000"),
            Scrape(job="gateway", address="[::1]:8000", path="/gateway/metrics", scheme="https"),
        ),
        AT,
    )
    assert labels(usual) == {"job": "june"}
    assert labels(other) == {"job": "gateway", "__metrics_path__": "/gateway/metrics", "__scheme__": "https"}


def test_each_is_scraped_as_often_as_the_plan_wants():
    for group in target_groups(plan(Scrape(job="june", address="127.0.0.1:8000")), AT):
        assert group["labels"]["__scrape_interval__"] == group["labels"]["__scrape_timeout__"] == "500ms"
