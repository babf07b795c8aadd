"""The summary in Markdown: short enough for a comment, and whatever stands in it is text that calls nobody."""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from msgspec import structs

from loadgen.model.inert import inert
from loadgen.model.verdict import INVALID
from loadgen.report.as_markdown import markdown
from loadgen.report.gfm import MOST, plain, table
from tests.hostile import HOSTILE
from tests.reports import hostile_report, report

GOLDEN = Path(__file__).parent / "golden"
REPORT = report()
PAGE = "locust_report_20251130_120000.html"
NO_WIDTH = "\u200b"
OWN = {
    "h2", "h3", "p", "ul", "li", "strong", "table", "thead", "tbody", "tr", "th", "td", "details", "summary",
}  # fmt: skip

each_text = pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))


class Read(HTMLParser):
    """The elements and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert {name for name, _ in attrs} <= {"style"}, attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def rendered(text: str) -> Read:
    """As GitHub does it, as far as CommonMark with tables and crossed-out words goes."""
    return Read(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))


def seen(text: str) -> str:
    """What a reader sees of a text: one line, cut when it is long."""
    line = " ".join(inert(text).split())
    return line if len(line) <= 400 else f"{line[:399]}…"


def test_the_summary_is_what_a_pull_request_shows():
    """After a wanted change: UPDATE_GOLDEN=1 pytest tests/report."""
    found = markdown(REPORT, PAGE)
    if os.environ.get("UPDATE_GOLDEN"):
        (GOLDEN / "summary.md").write_text(found)
    assert found == (GOLDEN / "summary.md").read_text()


PLACES = {
    "a paragraph": "before\n\n{}\n\nafter",
    "a point of a list": "- {}\n- after",
    "bold": "- **{}**: after",
    "a cell": "\n".join(table(("head", "second"), [("{}", "after")])),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
@each_text
def test_a_text_is_seen_as_it_stands_wherever_it_is_put(text: str, place: str):
    page = rendered(place.format(plain(text)))
    bare = rendered(place.format("x"))
    assert page.tags <= bare.tags
    if seen(text):
        assert seen(text) in page.text.replace(NO_WIDTH, "")
    assert "after" in page.text


@pytest.mark.parametrize(
    "text", ["@everyone", "#1", "a#12", "GH-7", "http://127.0.0.1/", "www.example.org", "me@example.org"]
)
def test_a_text_notifies_nobody_and_links_nowhere(text: str):
    assert not re.search(r"@\w|#\d|GH-\d|://|www\.", rendered(plain(text)).text)


@each_text
def test_any_text_in_a_report_leaves_the_summary_a_summary(text: str):
    page = rendered(markdown(hostile_report(text), PAGE))
    assert page.tags <= OWN
    if seen(text):
        assert page.text.replace(NO_WIDTH, "").count(seen(text)) > 4
    assert "Everything else is in" in page.text


def test_a_huge_report_is_cut_from_the_end_and_says_so():
    name = "`" * 5000
    many = structs.replace(
        REPORT,
        criteria=tuple(structs.replace(c, criterion=name) for c in REPORT.criteria * 200),
        rows=tuple(structs.replace(r, name=name) for r in REPORT.rows * 200),
        failures=REPORT.failures * 200,
        notes=(name,) * 3000,
        sentence=name,
        verdict=INVALID,
        validity=tuple(structs.replace(check, ok=False, sentence=name) for check in REPORT.validity) * 40,
    )
    text = markdown(many, PAGE)
    assert len(text.encode()) <= MOST
    assert text.startswith("## ⚠️ INVALID: spike")
    assert "Some of it is left out here." in text
    assert PAGE in text


def test_a_long_list_says_how_many_more_there_are():
    text = markdown(structs.replace(REPORT, failures=REPORT.failures * 9, notes=("x",) * 30), PAGE)
    assert "\n\nand 13 more\n" in text
    assert "\n\nand 10 more\n" in text
    assert rendered(text).tags <= OWN


def test_every_criterion_is_there_with_its_figures_and_every_operation_with_its_own():
    text = markdown(REPORT, PAGE)
    for line in REPORT.criteria:
        assert f"| {line.criterion} |" in text
    for row in REPORT.rows:
        assert f" {row.count} | " in text
