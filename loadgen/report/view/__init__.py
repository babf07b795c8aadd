"""The report's content as a reader of the page sees it: every figure a text, so that templates compute nothing."""

from __future__ import annotations

from typing import Any

from loadgen.model.quantities import duration_text
from loadgen.report.contents import Report
from loadgen.report.view import answers, appendix, failures, judged, story, tables
from loadgen.report.view.words import MEANINGS, VERDICTS, moment, most_users


def page_of(report: Report) -> dict[str, Any]:
    """By name all that the template of a run's report asks for, but its charts."""
    return {
        "title": f"{report.verdict}: {report.run_id}",
        "report": report,
        "verdict": VERDICTS[report.verdict],
        "means": MEANINGS[report.verdict],
        "what": _what(report),
        "answers": answers.answers(report),
        "story": story.story(report),
        "criteria": judged.criteria(report),
        "explained": judged.explained(report),
        "phases": tables.by_phase(report),
        "operations": tables.operations(report),
        "counted": _counted(report),
        "reasons": failures.reasons(report),
        "samples": failures.samples(report),
        "resources": appendix.resources(report),
        "recovery": judged.recovery(report),
        "validity": appendix.validity(report),
        "alerts": appendix.alerts(report),
        "facts": appendix.facts(report),
        "queries": appendix.queries(report),
        "configuration": appendix.configuration(report),
    }


def _what(report: Report) -> str:
    """One line: which run this is."""
    parts = (
        f"Scenario {report.scenario}",
        f"test type {report.test_type}",
        f"target {report.target}",
        f"up to {most_users(report)} users",
        *([] if report.time_scale == 1 else [f"time scale {report.time_scale:g}"]),
        moment(report.started) if report.started is not None else "no load was sent",
    )
    return " · ".join(parts)


def _counted(report: Report) -> str:
    """Over which phases the figures of operations are counted."""
    if not report.counted_phases:
        return "No judged phase was reached"
    return f"Counted over {', '.join(report.counted_phases)} ({duration_text(round(report.counted_seconds, 1))})"
