"""The verdict as JUnit XML, the form in which CI servers take test results: a test case for each question of the run.

A failure means that the target failed, an error that the run cannot tell. So the file holds a failure exactly when the
verdict is FAIL and an error exactly when it is INVALID; what then says nothing any more is skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from xml.etree import ElementTree as ET

from msgspec import Struct

from loadgen.model.inert import inert
from loadgen.model.verdict import FAIL, FAILED, INVALID, PASSED, Check, Line
from loadgen.report.contents import Report
from loadgen.verdict.text import against, circumstances

FAILURE, ERROR, SKIPPED = "failure", "error", "skipped"
"""How a test case did not pass, as JUnit calls it."""

MOMENT = "%Y-%m-%dT%H:%M:%S"
"""Its times have no zone; ours are UTC."""


class Case(Struct, frozen=True, kw_only=True):
    """A test case."""

    name: str
    state: str | None = None
    """FAILURE, ERROR or SKIPPED; None when it passed."""
    message: str = ""
    text: str = ""
    seconds: float = 0.0
    """The run's own case has all of them, for the cases are summed up and were all asked of the same run."""


def junit(report: Report) -> str:
    """Two suites, the run with its criteria and the checks of its validity."""
    criteria = [_criterion(report, line) for line in report.criteria]
    checks = [_check(check) for check in report.validity]
    suites = {"criteria": [_run(report, [*criteria, *checks]), *criteria], "validity": checks}
    root = ET.Element("testsuites", {"name": inert(report.run_id), **_counts(list(chain(*suites.values())))})
    root.extend(_suite(report, name, cases) for name, cases in suites.items())
    root[0].insert(0, _properties(report))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(report: Report, name: str, cases: Sequence[Case]) -> ET.Element:
    suite = ET.Element("testsuite", {"name": inert(f"{report.scenario}.{name}"), **_counts(cases)})
    if report.started is not None:
        suite.set("timestamp", datetime.fromtimestamp(report.started, UTC).strftime(MOMENT))
    suite.extend(_element(f"{report.scenario}.{name}", case) for case in cases)
    return suite


def _counts(cases: Sequence[Case]) -> dict[str, str]:
    def so_many(state: str) -> str:
        return str(sum(case.state == state for case in cases))

    return {
        "tests": str(len(cases)),
        "failures": so_many(FAILURE),
        "errors": so_many(ERROR),
        "skipped": so_many(SKIPPED),
        "time": f"{sum(case.seconds for case in cases):.3f}",
    }


def _properties(report: Report) -> ET.Element:
    properties = ET.Element("properties")
    for key, value in _facts(report):
        ET.SubElement(properties, "property", {"name": key, "value": inert(value)})
    return properties


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    yield "run_id", report.run_id
    yield "verdict", report.verdict
    yield "exit_code", str(report.exit_code)
    yield "sentence", report.sentence
    yield "scenario", report.scenario
    yield "test_type", report.test_type
    yield "target", report.target
    yield "time_scale", f"{report.time_scale:g}"
    yield "users", str(report.users)
    yield "version", report.version
    yield "commit", report.commit
    if report.saturation is not None:
        yield "gave_way_first", report.saturation.sentence


def _element(suite: str, case: Case) -> ET.Element:
    element = ET.Element(
        "testcase", {"classname": inert(suite), "name": inert(case.name), "time": f"{case.seconds:.3f}"}
    )
    if case.state is not None:
        found = ET.SubElement(element, case.state, {"message": inert(case.message)})
        if case.state != SKIPPED:
            found.set("type", case.state)
            found.text = "\n".join(map(inert, case.text.split("\n")))
    return element


def _run(report: Report, others: Iterable[Case]) -> Case:
    """The run as a whole, which did not pass where no other case says so: it was interrupted, or has no criteria."""
    lasted = 0.0 if report.started is None or report.ended is None else max(0.0, report.ended - report.started)
    state = {FAIL: FAILURE, INVALID: ERROR}.get(report.verdict)
    if any(case.state == state for case in others):
        state = None
    return Case(name="run", state=state, message=report.sentence, text=report.sentence, seconds=lasted)


def _criterion(report: Report, line: Line) -> Case:
    state = _state(report, line)
    text = "\n".join((line.sentence, against(line), *circumstances(line), f"Query: {line.query}"))
    void = state == SKIPPED and report.verdict == INVALID
    message = f"It says nothing, for the run cannot tell: {against(line)}." if void else line.sentence
    return Case(name=line.criterion, state=state, message=message, text=text)


def _state(report: Report, line: Line) -> str | None:
    """What was not judged beside a failure is skipped; so is what was judged in a run that is not to be believed."""
    if report.verdict == INVALID and not _believed(report):
        return SKIPPED
    if line.status == PASSED:
        return None
    if line.status == FAILED:
        return FAILURE
    return ERROR if report.verdict == INVALID else SKIPPED


def _believed(report: Report) -> bool:
    return report.outcome == "completed" and all(check.ok for check in report.validity)


def _check(check: Check) -> Case:
    if check.ok:
        return Case(name=check.id)
    return Case(name=check.id, state=ERROR, message=check.sentence, text=check.sentence)
