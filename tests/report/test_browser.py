"""The report in a real browser: it reads well everywhere, asks for nothing, and does nothing that a text tells it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from loadgen.report.charts import draw
from loadgen.report.html import html
from tests.browser import NARROW, WIDE, Opened, opened, running_browser
from tests.hostile import READABLE, RECORDED
from tests.reports import hostile_report, report

A4 = 703
"""Pixels between the margins of a sheet."""

TOLD = """one => {
    const [ink, ground] = [one, document.body].map(e => getComputedStyle(e));
    return [ink.color, ground.backgroundColor].map(c => c.match(/[0-9.]+/g).slice(0, 3).map(Number));
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a failed spike."""
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(html(report(), draw(report())))
    return file


@pytest.fixture(scope="module")
def hostile_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All hostile texts at once, in every place where one may come to stand."""
    file = tmp_path_factory.mktemp("hostile") / "report.html"
    content = hostile_report("".join(RECORDED))
    file.write_text(html(content, draw(content)))
    return file


def brightness(colour: list[float]) -> float:
    """Relative luminance, 0…1, as the accessibility guidelines define it."""
    parts = (value / 255 for value in colour)
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(page: Opened, selector: str) -> float:
    """Of a text with the page behind it."""
    ink, ground = (brightness(colour) for colour in page.page.locator(selector).first.evaluate(TOLD))
    return (max(ink, ground) + 0.05) / (min(ink, ground) + 0.05)


def column(page: Opened, name: str) -> list[str]:
    """What stands under a heading, in the rows that are sorted."""
    place = page.texts(".operations thead th").index(name) + 1
    return page.texts(f".operations tbody:last-child tr > :nth-child({place})")


def test_it_fits_every_window_and_asks_for_nothing(browser, page_file):
    with opened(browser, page_file) as page:
        for width in (NARROW, 768, WIDE):
            page.page.set_viewport_size({"width": width, "height": 800})
            assert page.overflow == 0, f"{width} pixels"
        assert page.requests == []
        assert page.complaints == []


def test_what_failed_when_and_why_is_seen_before_anything_is_scrolled(browser, page_file):
    with opened(browser, page_file) as page:
        (answers,) = page.texts(".answers")
        bottom = page.page.locator(".answers").evaluate("one => one.getBoundingClientRect().bottom")
        assert page.page.locator(".badge").inner_text().endswith("FAIL")
        for said in ("latency:rest", "1:36", "recovery (up to", "gave way first", "back 30 s after the spike"):
            assert said in answers
        assert bottom <= 800


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_can_be_read_on_its_ground(browser, page_file, dark):
    selectors = (".sentence", ".means", ".bad", ".good", ".warning", ".muted", "a", "thead th", ".criteria .state")
    with opened(browser, page_file, dark=dark) as page:
        assert {selector: contrast(page, selector) for selector in selectors if contrast(page, selector) < 4.5} == {}


def test_a_table_sorts_by_its_headings(browser, page_file):
    with opened(browser, page_file) as page:
        as_written, totals = column(page, "operation"), page.texts(".operations tbody.totals th")
        for name, key, first in (("count", int, "descending"), ("operation", str, "ascending")):
            for order in (first, {"ascending": "descending", "descending": "ascending"}[first]):
                page.page.get_by_role("button", name=name).click()
                assert page.page.locator("[aria-sort]").get_attribute("aria-sort") == order
                assert column(page, name) == sorted(column(page, name), key=key, reverse=order == "descending")
        assert sorted(column(page, "operation")) == sorted(as_written)
        assert page.texts(".operations tbody.totals th") == totals == ["all judged operations", "rest (all judged)"]
        # milliseconds and seconds by their length, not by their words
        page.page.get_by_role("button", name="P95").click()
        assert [text.split()[-1] for text in column(page, "P95")] == ["s", "s", "ms"]


def test_without_scripts_everything_can_be_read(browser, page_file):
    with opened(browser, page_file, scripts=False) as page, opened(browser, page_file) as other:
        for selector in (".sentence", ".answers", ".criteria td.measured", ".story", ".operations td", ".facts"):
            assert page.texts(selector) == other.texts(selector)
        assert page.page.locator("thead button").count() == 0
        assert not page.page.locator(".sorts").is_visible()
        page.page.locator("#plan").locator("xpath=..").locator("summary").click()
        assert page.page.locator("#plan").is_visible()


def test_printed_it_is_a_light_document_without_cut_tables(browser, page_file, tmp_path):
    with opened(browser, page_file, width=A4, dark=True, scripts=False) as page:
        page.page.emulate_media(media="print")
        assert page.overflow == 0
        assert page.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        page.page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
        assert 3 <= (tmp_path / "report.pdf").read_bytes().count(b"/Type /Page\n") <= 12


def test_a_phone_sees_charts_made_for_it(browser, page_file):
    with opened(browser, page_file, width=NARROW) as page:
        assert page.page.locator("figure .narrow svg").first.is_visible()
        assert not page.page.locator("figure .wide svg").first.is_visible()


def test_no_text_does_anything_but_be_read(browser, hostile_file):
    with opened(browser, hostile_file) as page:
        page.page.mouse.move(100, 100)
        assert page.complaints == []
        assert page.requests == []
        foreign = page.page.locator("main :is(script, img, iframe, b[onmouseover], style:not(svg style))")
        assert foreign.count() == 0
        shown = page.page.locator(".sentence").inner_text()
        assert [text for text in READABLE if " ".join(text.split()) not in " ".join(shown.split())] == []
        for width in (NARROW, WIDE):
            page.page.set_viewport_size({"width": width, "height": 800})
            assert page.overflow == 0, f"{width} pixels"


def test_the_policy_lets_no_other_script_run(browser, page_file, tmp_path):
    """The second lock: were a text ever to come through as markup, the browser would not run it."""
    broken = page_file.read_text().replace("<main>", "<main><script>alert(1)</script><img src=x onerror=alert(2)>")
    (tmp_path / "broken.html").write_text(broken)
    with opened(browser, tmp_path / "broken.html") as page:
        assert not [text for text in page.complaints if text.startswith("dialog")]
        assert len([text for text in page.complaints if "Content Security Policy" in text]) >= 2
