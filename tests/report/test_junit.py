"""JUnit XML: FAIL is a failure, INVALID an error, and any text is only a text."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from loadgen.model.inert import inert
from loadgen.model.record import Event
from loadgen.model.run import Run
from loadgen.model.verdict import FAIL, INVALID, PASS
from loadgen.report.as_junit import junit
from loadgen.report.contents import Report
from loadgen.verdict.judge import judge
from tests.hostile import HOSTILE
from tests.plans import errors, example_plan, latency, recovery
from tests.reports import hostile_report, report, report_of_run
from tests.runs import STARTED, evidence, record, tally

GOLDEN = Path(__file__).parent / "golden"
REPORT = report()


def judged(slow: int = 0, count: int = 1000, criteria: tuple[Any, ...] = (), **happened: Any) -> Report:
    """A run of one operation, of which so many were slow; `happened` to its record."""
    plan = example_plan(criteria=criteria or (latency(), errors()))
    tallies = (tally(plan, count, slow),)
    told = record(plan, tallies, **happened)
    firing = ("latency:rest",) if slow > count / 20 else ()
    found = evidence(plan, tallies, firing=firing, alerting=firing, scrape_gap=happened.pop("gap", 1.01))
    return report_of_run(
        Run(plan=plan, record=told, evidence=found, verdict=judge(plan, told, found), folder="spike/20251130_120000")
    )


ABORTED = {"outcome": "aborted", "events": (Event(at=STARTED + 90, kind="aborted", text="It was enough."),)}
LOST = {"events": (Event(at=STARTED + 90, kind="worker_lost", text="worker 0 was killed"),)}
CASES = {
    "a pass": (judged(), PASS, []),
    "a failure": (judged(slow=200), FAIL, ["failure latency:rest"]),
    "a failure beside something unknown": (
        judged(slow=200, count=250, criteria=(latency(), errors())),
        FAIL,
        ["failure latency:rest", "skipped errors:rest"],
    ),
    "a failure by which the run was stopped": (
        judged(slow=200, aborted_by="latency:rest", **ABORTED),
        FAIL,
        ["failure latency:rest"],
    ),
    "too few samples": (judged(count=250), INVALID, ["error errors:rest"]),
    "no recovery to be seen": (judged(criteria=(latency(), recovery())), INVALID, ["error recovery:rest"]),
    "a lost worker": (
        judged(slow=200, **LOST),
        INVALID,
        ["error worker-lost", "skipped errors:rest", "skipped latency:rest"],
    ),
    "an interrupted run": (
        judged(outcome="interrupted", exit_signal=2),
        INVALID,
        ["error run", "skipped errors:rest", "skipped latency:rest"],
    ),
    "a run that was stopped": (
        judged(**ABORTED),
        INVALID,
        ["error run", "skipped errors:rest", "skipped latency:rest"],
    ),
}
"""A report, its verdict, and the test cases that did not pass."""


def states(root: ET.Element) -> list[str]:
    return sorted(f"{child.tag} {case.get('name')}" for case in root.iter("testcase") for child in case)


def test_the_file_is_what_ci_servers_read():
    """After a wanted change: UPDATE_GOLDEN=1 pytest tests/report."""
    found = junit(REPORT)
    if os.environ.get("UPDATE_GOLDEN"):
        (GOLDEN / "junit.xml").write_text(found)
    assert found == (GOLDEN / "junit.xml").read_text()


@pytest.mark.parametrize("made, verdict, wanted", CASES.values(), ids=CASES.keys())
def test_it_holds_a_failure_exactly_when_the_run_failed_and_an_error_exactly_when_it_cannot_tell(
    made: Report, verdict: str, wanted: list[str]
):
    assert made.verdict == verdict, made.sentence
    root = ET.fromstring(junit(made))
    assert states(root) == wanted
    assert (int(root.get("failures", "")) > 0, int(root.get("errors", "")) > 0) == (verdict == FAIL, verdict == INVALID)


@pytest.mark.parametrize("made", [made for made, _, _ in CASES.values()], ids=CASES.keys())
def test_every_criterion_and_every_check_is_a_case_and_the_counts_add_up(made: Report):
    root = ET.fromstring(junit(made))
    asked = [*(line.criterion for line in made.criteria), *(check.id for check in made.validity)]
    assert [case.get("name") for case in root.iter("testcase")] == ["run", *asked]
    for whole, parts in ((root, list(root)), *((suite, suite.findall("testcase")) for suite in root)):
        assert float(whole.get("time", "")) == pytest.approx(sum(float(part.get("time", "")) for part in parts))
    for suite in root:
        assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(count, "")) == len(suite.findall(f"testcase/{tag}"))


def test_the_cases_last_as_long_as_the_load_all_together():
    root = ET.fromstring(junit(REPORT))
    assert REPORT.started is not None
    assert REPORT.ended is not None
    assert float(root.get("time", "")) == pytest.approx(REPORT.ended - REPORT.started, abs=0.001)


def test_the_properties_say_which_run_it_is():
    root = ET.fromstring(junit(REPORT))
    told = {one.get("name"): one.get("value") for one in root.iter("property")}
    assert told["run_id"] == REPORT.run_id
    assert (told["verdict"], told["exit_code"]) == (REPORT.verdict, str(REPORT.exit_code))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_any_text_leaves_it_well_formed_and_comes_back_as_it_was(text: str):
    root = ET.fromstring(junit(hostile_report(text)).encode())
    assert [element.tag for element in root.iter()] == [element.tag for element in ET.fromstring(junit(REPORT)).iter()]
    names = {case.get("name") for case in root[0].findall("testcase")}
    assert names == {"run", inert(text)}
    messages = {failure.get("message") for failure in root.iter("failure")}
    assert messages == {inert(text)}
