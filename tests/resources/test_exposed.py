"""What the exporters and the stand-in really show is what the kinds of resources ask for: names, labels and all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from loadgen.catalogue.promql import selector
from loadgen.model.measured import DBPOOL, GPU, HOST, TARGET_ROLE, ProcessGroup
from loadgen.model.plan import Plan
from loadgen.resources import RESOURCES
from loadgen.rules.promtool import input_series, query, rule_test_file
from tests.measured_plan import OURS, measured_plan
from tests.promtool import promtool, put
from tests.sim_process import start_sim

EXPORTERS = Path(__file__).resolve().parents[1] / "exporters"
AT = 10


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """By job the text of /metrics: the exporters' golden ones, the stand-in's as it is."""
    texts = {job: _golden(job) for job in (HOST, GPU, DBPOOL)}
    with start_sim(tmp_path_factory.mktemp("sim")) as sim:
        return {**texts, "june": requests.get(f"{sim.rest}/metrics", timeout=5).text}


def _golden(job: str) -> str:
    return "".join(path.read_text() for path in sorted((EXPORTERS / job).rglob("golden/*.txt")))


def samples(text: str) -> Iterable[tuple[str, Mapping[str, str], float]]:
    for family in text_string_to_metric_families(text):
        yield from ((sample.name, sample.labels, sample.value) for sample in family.samples)


def plan_of(text: str) -> Plan:
    """A plan with the process groups of a text."""
    names = sorted({labels["groupname"] for _, labels, _ in samples(text) if "groupname" in labels})
    groups = (ProcessGroup(name=name, role=TARGET_ROLE, match="name", pattern=name) for name in names)
    return measured_plan(groups=tuple(groups))


@pytest.mark.parametrize("kind", sorted(RESOURCES))
def test_what_a_kind_asks_for_is_shown(kind: str, shown: dict[str, str], tmp_path: Path):
    """Standing still for ten seconds; a share of no CPU time at all is no number, but it is an answer."""
    resource = RESOURCES[kind]
    (job,) = resource.jobs(measured_plan())
    plan = plan_of(shown[job])
    where = {"job": job, "instance": next(s.address for s in OURS if s.job == job), "run_id": plan.run_id}
    fed = {selector(name, {**labels, **where}): (value,) * (AT + 1) for name, labels, value in samples(shown[job])}
    asked = [
        expression for expression in (resource.use(plan), resource.waiting and resource.waiting(plan)) if expression
    ]
    there = [{"labels": "{}", "value": 1}]
    test = {
        "name": kind,
        "interval": "1s",
        "input_series": input_series(fed),
        "promql_expr_test": [query(f"count({expression}) > bool 0", AT, there) for expression in asked],
    }
    put({"tests.yml": rule_test_file([test], [], "")}, tmp_path)
    assert asked
    promtool("test", "rules", "tests.yml", folder=tmp_path)
