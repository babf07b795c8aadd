"""The page of a report, without a browser: what it says of every kind of run, and that it is one locked file."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from html import unescape
from html.parser import HTMLParser
from itertools import cycle
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from msgspec import structs

from loadgen.model.evidence import AlertTransition
from loadgen.model.record import Event
from loadgen.model.verdict import FAIL, FAILED, INVALID, PASS, PASSED, UNKNOWN
from loadgen.query.alarms import FIRING, RESOLVED
from loadgen.report.as_markdown import markdown
from loadgen.report.charts import draw
from loadgen.report.contents import Report
from loadgen.report.firings import Breach, breach, stretches
from loadgen.report.html import html
from loadgen.report.templating import FOLDER, render, shown
from loadgen.report.view.answers import MOST, answers
from loadgen.report.view.judged import criteria
from loadgen.report.view.story import story
from loadgen.report.view.tables import operations
from tests.hostile import HOSTILE, RECORDED
from tests.reports import hostile_report, report, shortened
from tests.runs import STARTED

GOLDEN = Path(__file__).parent / "golden/report.html"


class Strict(HTMLParser):
    """Names of the elements that a browser would find, and whether all that were opened were closed."""

    VOID = frozenset({"meta", "link", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def judged(status: str, verdict: str, **changes) -> Report:
    """The same run, had every criterion come out so."""
    plain = report()
    lines = tuple(structs.replace(line, status=status) for line in plain.criteria)
    return structs.replace(plain, verdict=verdict, criteria=lines, **changes)


def asked(of: Report) -> dict[str, str]:
    """The questions at the top, with all that is said to each."""
    return {one.question: " ".join(f"{p.about} {p.text}" for p in one.points) for one in answers(of)}


def test_the_page_is_what_others_look_at():
    """After a wanted change: UPDATE_GOLDEN=1 pytest tests/report. Style and script are left out: they are files."""
    page = html(shortened(report()), ())
    found = re.sub(r"<(style|script)>.*?</\1>|sha256-[^&]*", "", page, flags=re.DOTALL)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(found)
    assert found == GOLDEN.read_text()


@pytest.mark.parametrize("status, verdict", [(FAILED, FAIL), (PASSED, PASS), (UNKNOWN, INVALID)])
def test_every_verdict_has_a_page_that_says_it_in_a_word_a_sign_and_a_sentence(status, verdict):
    page = html(judged(status, verdict), ())
    assert f'data-verdict="{verdict}"' in page
    assert Strict(page).open == []
    assert unescape(page).count(report().sentence) >= 1


def test_a_failed_run_says_what_failed_when_why_and_whether_it_recovered():
    found = asked(report())
    assert list(found) == ["What failed", "When", "Why: what gave way first", "Recovery after the spike"]
    assert "latency:rest" in found["What failed"]
    assert found["When"] == (
        "From 1:36 latency:rest breached to the end; the first phase to break was recovery (up to 50 users)"
    )
    assert "gave way first" in found["Why: what gave way first"]
    assert "244 × timeout" in found["Why: what gave way first"]
    assert "back 30 s after the spike" in found["Recovery after the spike"]


def test_a_run_that_passed_says_how_close_it_was_and_what_was_carried():
    found = asked(judged(PASSED, PASS))
    assert list(found)[:2] == ["What came closest to failing", "What the target carried"]
    assert "Up to 500 users at once" in found["What the target carried"]


def test_a_run_that_cannot_tell_says_why_and_not_that_anything_failed():
    broken = tuple(structs.replace(check, ok=check.id != "counts") for check in report().validity)
    found = asked(judged(UNKNOWN, INVALID, validity=broken))
    assert "counts" in found["Why it cannot tell"]
    assert "What failed" not in found


def test_without_a_load_the_page_says_so_and_invents_nothing():
    nothing = dict.fromkeys(("rows", "phase_rows", "distributions", "series", "resources", "alerts", "recovery"), ())
    bare = judged(UNKNOWN, INVALID, started=None, ended=None, saturation=None, **nothing)
    page = html(structs.replace(bare, criteria=()), ())
    for said in ("no load was sent", "nothing happened", "This run has no criteria", "No operation was counted"):
        assert said in page


def fired(criterion: str, *moments: float) -> tuple[AlertTransition, ...]:
    """An acceptance alert that begins and ceases at these seconds of plan time in turn."""
    labels = {"criterion": criterion, "role": "acceptance"}
    states = cycle((FIRING, RESOLVED))
    return tuple(
        AlertTransition(at=STARTED + at, alert="Breached", labels=labels, state=state)
        for at, state in zip(moments, states, strict=False)
    )


def test_a_breach_counts_from_the_firing_that_lasted_to_the_end():
    found = structs.replace(report(), alerts=fired("latency:rest", 7, 106, 128))
    assert breach(found, "latency:rest") == Breach(128, ((7, 106),))
    assert asked(found)["When"].startswith(
        "From 2:08 latency:rest breached to the end; breached for a while before (0:07"
    )
    told = [(entry.time, entry.text) for entry in story(found).entries]
    assert ("0:07", "latency:rest breached for a while, until 1:46") in told
    assert ("2:08", "latency:rest breached from here to the end") in told


def test_what_ceased_before_the_end_is_no_breach_that_lasted():
    found = structs.replace(report(), alerts=fired("latency:rest", 7, 106))
    assert breach(found, "latency:rest") == Breach(None, ((7, 106),))
    assert asked(found)["When"].startswith("At the end latency:rest")


def test_an_alert_that_ceases_when_the_load_is_over_lasted():
    found = structs.replace(report(), alerts=fired("latency:rest", 7, report().load_end + 1))
    assert breach(found, "latency:rest").since == 7


def test_one_of_two_alerts_that_goes_on_keeps_the_criterion_breached():
    (first, end), (second, later) = fired("latency:rest", 7, 100), fired("latency:rest", 50, 120)
    other = [structs.replace(one, alert="Other") for one in (second, later)]
    assert stretches([first, end, *other], STARTED) == ((7, 120),)


def test_a_run_that_was_interrupted_says_that_first_and_judges_nothing():
    cut = judged(
        UNKNOWN, INVALID, outcome="interrupted", sentence="It was interrupted.", load_end=40.0, ended=STARTED + 40
    )
    (why, *_) = answers(cut)
    assert why.points[0].text == "It was interrupted."
    assert why.points[1].text == (
        "Not judged, for the run ended before its time: latency:rest, errors:rest, recovery:rest"
    )
    (end,) = (entry for entry in story(cut).entries if "The load ends" in entry.text)
    assert end.text.startswith("The load ends early, 260s before")


def test_a_run_that_was_completed_did_not_end_early_however_soon_its_last_operation_ended():
    (end,) = (e for e in story(structs.replace(report(), ended=STARTED + 299.9)).entries if "load ends" in e.text)
    assert end.text == "The load ends"


@pytest.mark.parametrize("broken", ["generator-late", "generator-cpu", "users"])
def test_only_a_generator_whose_every_check_holds_is_not_to_blame(broken: str):
    checks = tuple(structs.replace(one, ok=one.id != broken) for one in report().validity)
    assert "Not the generator" in asked(report())["Why: what gave way first"]
    assert "Not the generator" not in str(asked(structs.replace(report(), validity=checks)))
    assert "Not the generator" not in str(asked(judged(UNKNOWN, INVALID, validity=checks)))
    assert "Not the generator" not in str(asked(judged(PASSED, PASS)))


def test_a_share_of_too_few_says_what_it_is_counted_as():
    (line, *_) = report().criteria
    scarce = structs.replace(report(), criteria=(structs.replace(line, samples=4, minimum=20),), recovery=())
    assert criteria(scarce)[0].samples == "4, counted as 20"
    for text in (html(scarce, ()), markdown(scarce, "page.html")):
        assert "4, counted as 20" in text
        assert "as if the missing ones were good" in text


def test_an_answer_stays_short_however_much_there_is_to_say():
    line = next(line for line in report().criteria if line.status == FAILED)
    many = tuple(structs.replace(line, criterion=f"latency:rest:{number}") for number in range(50))
    (failed, *_) = answers(structs.replace(report(), criteria=many, recovery=()))
    assert len(failed.points) == MOST
    assert "and 45 more" in failed.points[-1].text


def test_the_story_is_told_in_the_order_in_which_it_happened():
    late = (Event(at=STARTED + 400, kind="note", text="last"), Event(at=STARTED - 5, kind="note", text="first"))
    told = [entry.text for entry in story(structs.replace(report(), events=late)).entries]
    wanted = (
        "first",
        "spike begins",
        "at its limit",
        "latency:rest breached",
        "recovery begins",
        "back to",
        "load ends",
    )
    places = [next(place for place, text in enumerate(told) if part in text) for part in (*wanted, "last")]
    assert places == sorted(places)


def test_a_story_of_too_many_moments_says_how_many_it_leaves_out():
    many = tuple(Event(at=STARTED + at, kind="note", text="again") for at in range(200))
    found = story(structs.replace(report(), events=many))
    assert found.left_out > 100
    assert len(found.entries) + found.left_out == 200 + len(story(structs.replace(report(), events=())).entries)


def test_a_bar_reaches_its_line_exactly_at_the_bound():
    line = next(line for line in report().criteria if line.criterion == "latency:rest")
    at_bound = structs.replace(line, measured=line.bound, margin=0.0)
    never = structs.replace(line, measured="never", margin=None)
    (even, beyond) = criteria(structs.replace(report(), criteria=(at_bound, never)))
    assert even.bar is not None
    assert even.bar.measured == even.bar.bound == "50.0%"
    assert beyond.bar is not None
    assert beyond.bar.measured == "100%"


def test_a_column_of_times_sorts_by_seconds_and_what_failed_is_beyond_them_all():
    row = next(row for row in report().rows if row.name == "chat")
    lost = structs.replace(row, quantiles=dict.fromkeys(row.quantiles))
    (cell, *_) = [line.cells[-1] for line in operations(structs.replace(report(), rows=(lost,))).rows]
    assert (cell.text, cell.value) == ("failed", "Infinity")


def test_the_file_loads_nothing_and_its_policy_allows_its_own_script_alone():
    page = html(report(), ())
    (script,) = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in unescape(policy)
    assert unescape(policy).startswith("default-src 'none'")
    assert not re.findall(r"""\b(?:src|action|data|srcset)=|@import|url\(""", page)
    assert set(re.findall(r'href="([^"#]*)', page)) == {"", "data:,"}


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_a_text_holds_is_text_in_the_page(text):
    page = html(hostile_report(text) if text in RECORDED else structs.replace(report(), sentence=text), ())
    plain = Strict(html(hostile_report("plain"), ()) if text in RECORDED else html(report(), ()))
    found = Strict(page)
    assert found.names == plain.names or not text.strip()
    assert found.open == []
    page.encode()


def test_a_name_that_a_template_asks_for_in_vain_is_an_error():
    with pytest.raises(UndefinedError):
        render("report.html", title="")


def test_lines_stay_and_what_cannot_be_printed_is_seen_to_be_missing():
    assert shown("a\n\tb\x1b[31m\u202e\ud800") == "a\n b�[31m��"


def test_every_template_is_part_of_the_package():
    assert {file.suffix for file in FOLDER.iterdir()} == {".html", ".css", ".js"}


def test_every_section_that_waits_for_a_chart_has_one_and_none_is_lost():
    drawn = list(draw(report()))
    page = html(report(), drawn)
    assert "There is no chart of it" not in page
    assert sorted(re.findall(r'<figure id="chart-([^"]*)"', page)) == sorted(chart.name for chart in drawn)
