"""By which kinds of criteria a run can be stopped, and how many samples they are said to have."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from loadgen.criteria import KINDS
from loadgen.rules import render, rule_groups
from tests.plans import errors, example_plan, latency
from tests.promtool import promtool, put

RUN = 'run_id="spike-20251130_120000", scenario="spike"'
OPERATION = f'{RUN}, test_type="rest", name="chat"'


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_tells_its_samples_live_or_says_why_its_breach_is_known_only_at_the_end(kind: str) -> None:
    assert (KINDS[kind].samples is None) == bool(KINDS[kind].only_at_end)


@pytest.mark.parametrize(
    "make, metric", [(latency, "loadtest_response_time_seconds_count"), (errors, "loadtest_requests_total")]
)
def test_samples_are_the_operations_of_the_judged_phases_and_nothing_without_series(
    make, metric: str, tmp_path: Path
) -> None:
    plan, record = example_plan(criteria=(make(),)), "criterion:loadtest_samples:count"
    series = [
        {"series": f'{metric}{{{OPERATION}, phase="{phase}"}}', "values": values}
        for phase, values in (("steady", "0 7"), ("recovery", "0 2"), ("spike", "0 40"), ("cooldown", "0 5"))
    ]
    labels = f'{record}{{{RUN}, criterion="{make().id}"}}'
    asked = {"expr": record, "eval_time": "1s"}
    test = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1s",
        "tests": [
            {
                "interval": "1s",
                "input_series": series,
                "promql_expr_test": [{**asked, "exp_samples": [{"labels": labels, "value": 9}]}],
            },
            {"interval": "1s", "input_series": [], "promql_expr_test": [asked]},
        ],
    }
    rules = render(rule_groups(plan, {"run_id": plan.run_id}))
    put({"rules.yml": rules, "test.yml": yaml.safe_dump(test)}, tmp_path)
    promtool("test", "rules", "test.yml", folder=tmp_path)
