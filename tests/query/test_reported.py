"""The report of a run that really took place: valid by the published schema, its figures those of the operations."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from loadgen.report.as_json import as_json
from loadgen.report.assemble import report_of
from loadgen.report.contents import Report
from loadgen.verdict.judge import judge
from tests.query.recorded import HOSTILE, Recorded

SCHEMA = Path(__file__).resolve().parents[2] / "docs/report.schema.json"


@pytest.fixture(scope="module")
def report(recorded: Recorded) -> Report:
    verdict = judge(recorded.plan, recorded.record, recorded.evidence)
    return report_of(recorded.plan, recorded.record, recorded.evidence, verdict, ())


def test_the_published_schema_describes_it(report: Report):
    found = json.loads(as_json(report))
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(found)
    assert len(found["series"]) > 10
    assert len(found["queries"]) > 10


def test_every_row_counts_the_operations_themselves(report: Report, recorded: Recorded):
    for row in report.rows:
        own = [
            o
            for o in recorded.outcomes
            if o.phase in {"steady", "recovery"} and row.test_type in {"", o.test_type} and row.name in {"", o.name}
        ]
        assert row.count == len(own)
        assert row.failures == sum(o.reason is not None for o in own)
        assert row.mean == pytest.approx(sum(o.response_time for o in own) / len(own))
    assert HOSTILE in {row.name for row in report.rows}


def test_a_reason_that_occurred_has_its_curve_and_no_other_has(report: Report):
    assert {s.labels["reason"] for s in report.series if s.name == "failures"} == {"timeout"}
