"""The content of a report is what the records say, and says no more than they do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import structs

from loadgen.criteria.aftermath import NEVER
from loadgen.criteria.latency import options
from loadgen.model.evidence import Evidence, Extremes, Series
from loadgen.model.record import Event
from loadgen.model.run import Run
from loadgen.report.assemble import report_of
from loadgen.report.contents import Report, Row
from loadgen.report.samples import MOST, samples
from loadgen.verdict.judge import judge
from loadgen.verdict.text import summary
from tests.aftermaths import course
from tests.reports import BOOKS, COUNTED, failed_spike, failure_lines, report, tallies
from tests.runs import STARTED

RUN = failed_spike()
REPORT = report()
JUDGED = ("steady", "recovery")


def row(name: str = "", test_type: str = "rest", phase: str = "", of: Report = REPORT) -> Row:
    rows = of.phase_rows if phase else of.rows
    (found,) = (r for r in rows if (r.test_type, r.name, r.phase) == (test_type, name, phase))
    return found


def changed(run: Run, *, evidence: dict[str, Any] | None = None, record: dict[str, Any] | None = None) -> Report:
    """The report of the run with other evidence or another record, judged anew."""
    found = structs.replace(run.evidence, **evidence or {})
    told = structs.replace(run.record, **record or {})
    return report_of(run.plan, told, found, judge(run.plan, told, found), ())


@pytest.mark.parametrize("name", ["chat", "transcribe", "health"])
def test_an_operations_row_counts_its_judged_phases(name: str):
    books = [BOOKS[name, phase] for phase in JUDGED]
    found = row(name)
    assert found.count == sum(count for count, _, _ in books)
    assert found.failures == sum(sum(failures.values()) for _, _, failures in books)
    assert found.judged == (name in COUNTED)


def test_a_test_type_as_a_whole_is_its_judged_operations():
    assert row().count == row("", "").count == sum(row(name).count for name in COUNTED)


def test_the_shares_of_the_operations_make_one():
    assert sum(row(name).share or 0 for name in ("chat", "transcribe", "health")) == pytest.approx(1)


def test_a_line_of_latency_and_the_table_say_the_same():
    (line,) = (line for line in REPORT.criteria if line.kind == "latency")
    assert line.samples == row().count
    assert {name.upper(): value for name, value in row().quantiles.items()}.items() <= line.details.items()


def test_a_line_of_errors_and_the_table_say_the_same():
    (line,) = (line for line in REPORT.criteria if line.kind == "errors")
    assert (line.measured, line.samples) == (row().failure_share, row().count)


def test_rates_are_over_the_judged_seconds():
    assert REPORT.counted_seconds == 55 + 120
    assert REPORT.counted_phases == JUDGED
    assert row("chat").rate == row("chat").count / 175


def test_after_an_early_end_only_the_seconds_that_passed_count():
    early = {"outcome": "aborted", "events": (Event(at=STARTED + 40, kind="aborted", text="enough"),)}
    found = changed(RUN, record=early)
    assert found.counted_seconds == 35
    assert row("", phase="steady", of=found).rate == pytest.approx(row("", phase="steady").count / 35)
    assert found.load_end == 40


def test_after_an_early_end_there_are_only_the_phases_and_the_users_that_there_were():
    early = {"outcome": "interrupted", "ended": STARTED + 40}
    users = [s for s in RUN.evidence.series if s.name == "users"]
    cut = tuple(structs.replace(s, times=s.times[:40], values=s.values[:40]) for s in users)
    found = changed(RUN, record=early, evidence={"series": cut})
    assert [(phase.name, phase.end) for phase in found.phases] == [("warmup", 5.0), ("steady", 40.0)]
    assert found.counted_phases == ("steady",)
    assert {one.phase for one in found.phase_rows} <= {"warmup", "steady", "cooldown"}
    assert (found.users, found.most_users) == (500, 50)
    assert found.recovery[0].sentence.startswith("The load ended before the spike was over")


def test_no_quantile_lies_beyond_what_was_seen_in_any_format():
    least, most = 0.2, 0.21
    seen = tuple(Extremes(test_type="rest", name=name, minimum=least, maximum=most) for name in COUNTED)
    found = changed(RUN, evidence={"extremes": seen})
    shown = [value for one in (*found.rows, *found.phase_rows) if one.judged for value in one.quantiles.values()]
    (line,) = (line for line in found.criteria if line.kind == "latency")
    shown += [line.details[name.upper()] for name in found.rows[0].quantiles]
    assert all(value is None or least <= value <= most for value in shown)
    text = summary(RUN.plan, structs.replace(RUN.evidence, extremes=seen), judge(RUN.plan, RUN.record, RUN.evidence))
    (chat,) = (line for line in text.splitlines() if line.split()[:2] == ["rest", "chat"])
    assert chat.endswith("210 ms  200 ms  210 ms")


def test_reasons_come_by_number_and_none_stands_there_for_nothing():
    assert list(row("", phase="spike").reasons.items()) == [("timeout", 240), ("http_5xx", 60), ("connect", 35)]
    assert row("transcribe").reasons == {}


def test_every_phase_has_its_rows_in_the_order_of_the_plan():
    assert [r.phase for r in REPORT.phase_rows if not r.test_type] == [phase.name for phase in RUN.plan.phases]
    assert row("", phase="spike").count == 6200 + 2400


def test_what_an_early_end_cut_off_has_a_row_of_its_own():
    cut = tuple(
        structs.replace(t, requests=2, failures={"unfinished": 2}, buckets=(*t.buckets[:-1], 2))
        if (t.name, t.phase) == ("chat", "cooldown")
        else t
        for t in tallies(RUN.plan)
    )
    found = row("", phase="cooldown", of=changed(RUN, evidence={"tallies": cut}))
    assert (found.count, found.rate, found.reasons) == (2, None, {"unfinished": 2})


def test_minimum_and_maximum_are_the_extremes_of_the_operations():
    by_name = {extremes.name: extremes for extremes in RUN.evidence.extremes}
    assert (row("chat").minimum, row("chat").maximum) == (by_name["chat"].minimum, by_name["chat"].maximum)
    assert row().minimum == min(by_name[name].minimum or 9 for name in COUNTED)


def test_the_mean_is_of_all_operations():
    total = sum(t.total_seconds for t in RUN.evidence.tallies if t.name == "chat" and t.phase in JUDGED)
    assert row("chat").mean == pytest.approx(total / row("chat").count)


def test_a_distribution_holds_every_operation_once():
    keys = [(d.test_type, d.name) for d in REPORT.distributions]
    assert keys == [(r.test_type, r.name) for r in REPORT.rows]
    assert [sum(d.counts) for d in REPORT.distributions] == [r.count for r in REPORT.rows]
    assert all(len(d.counts) == len(d.edges) + 1 and min(d.counts) >= 0 for d in REPORT.distributions)


def test_an_operation_of_which_nothing_is_known_has_no_row_and_no_nought():
    known = tuple(t for t in RUN.evidence.tallies if t.name != "transcribe")
    found = changed(RUN, evidence={"tallies": known, "complete": False, "problems": ("counters are missing",)})
    assert {r.name for r in found.rows} == {"", "chat", "health"}
    assert found.problems == ("counters are missing",)


def test_a_run_without_load_has_a_report_without_figures():
    nothing = Evidence(
        run_id=RUN.plan.run_id,
        complete=False,
        problems=("no load was sent",),
        **dict.fromkeys(("tallies", "extremes", "service_times", "series", "alerts", "firing", "queries"), ()),
        lag={},
        values={},
        evaluated=None,
        scrape_gap=None,
        resets=0,
    )
    told = structs.replace(RUN.record, started=None, ended=None, final_scrape=None, outcome="environment")
    found = report_of(RUN.plan, told, nothing, judge(RUN.plan, told, nothing), ())
    assert (found.rows, found.phase_rows, found.distributions, found.counted_seconds) == ((), (), (), 0)
    assert found.exit_code == 4


def test_an_operation_that_never_succeeded_has_no_quantile():
    failed = tuple(
        structs.replace(t, failures={"connect": t.requests}, buckets=(*(0 for _ in t.buckets[:-1]), t.requests))
        for t in RUN.evidence.tallies
    )
    found = row("chat", of=changed(RUN, evidence={"tallies": failed}))
    assert set(found.quantiles.values()) == {None}
    assert found.failure_share == 1


def test_the_recovery_is_its_line_and_knows_where_the_spike_ended():
    (line,) = (line for line in REPORT.criteria if line.kind == "recovery")
    (found,) = REPORT.recovery
    assert (found.seconds, found.bound, found.status) == (line.measured, line.bound, line.status) == (30, 60, "passed")
    assert (found.spike_end, found.test_type) == (180, "rest")


def test_a_target_that_never_came_back_has_no_number_of_seconds():
    (criterion,) = (c for c in RUN.plan.criteria if c.kind == "recovery")
    others = tuple(s for s in RUN.evidence.series if s.labels.get("criterion") != criterion.id)
    never = course(RUN.plan, criterion, lambda at: (10, 10 if at >= 60 else 0, 0))
    (found,) = changed(RUN, evidence={"series": (*others, *never)}).recovery
    assert (found.seconds, found.status) == ("never", "failed")
    assert NEVER > 60


def test_bounds_are_the_plans():
    (criterion,) = (c for c in RUN.plan.criteria if c.kind == "latency")
    (bound,) = REPORT.bounds
    assert (bound.seconds, bound.operations) == (options(criterion).seconds, criterion.operations)


def test_series_that_only_feed_a_criterion_are_left_to_the_evidence():
    names = {s.name for s in REPORT.series}
    assert {"users", "rate", "p95", "failures", "resource_use"} <= names
    assert not {name for name in names if name.startswith("recovery_") or name == "scraped"}


def test_reasons_for_which_nothing_failed_have_no_curve():
    calm = Series(name="failures", labels={"reason": "closed"}, unit="", times=(STARTED,) * 3, values=(0.0, None, 0.0))
    found = changed(RUN, evidence={"series": (*RUN.evidence.series, calm)})
    assert {s.labels["reason"] for s in found.series if s.name == "failures"} == {"timeout", "connect"}


def test_every_query_is_named_with_its_times():
    instant, ranged = REPORT.queries
    assert (instant.start, instant.end, instant.step) == (STARTED + 302, STARTED + 302, None)
    assert (ranged.start, ranged.end, ranged.step) == (STARTED, STARTED + 302, 1.0)


def test_a_kept_failure_stands_in_plan_time():
    slow, bad = REPORT.failures
    assert (slow.at, slow.reason, slow.response_time) == (80.5, "timeout", 5.0)
    assert (bad.at, bad.status, bad.detail) == (91.25, "503", "HTTP 503; answered: HTTP 503")


def line(at: float, name: str, reason: str) -> bytes:
    kept = {"time": at, "test_type": "rest", "operation": name, "phase": "steady", "reason": reason}
    return json.dumps(kept).encode()


def test_every_kind_of_failure_is_shown_before_a_second_of_any():
    common = [line(at, "chat", "timeout") for at in range(2 * MOST)]
    rare = [line(5000 + at, "chat", "closed") for at in range(3)]
    shown, left_out = samples([*common, *rare], 0.0)
    assert len(shown) == MOST
    assert [f.reason for f in shown].count("closed") == 3
    assert left_out == len(common) + len(rare) - MOST
    assert [f.at for f in shown] == sorted(f.at for f in shown)


@pytest.mark.parametrize("broken", [b'{"time": 1.0, "test_', b"\xff\xfe", b'{"time": "x"}', b"[]", b"null"])
def test_a_line_that_cannot_be_read_is_counted_and_stops_nothing(broken: bytes):
    shown, left_out = samples([*failure_lines(), broken, b"\n"], STARTED)
    assert (len(shown), left_out) == (2, 1)
