"""The page of a comparison in a real browser: readable everywhere, harmless whatever it shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from loadgen.model.comparison import Comparison
from loadgen.report.charts.comparison import draw_comparison
from loadgen.report.comparison.as_html import html
from tests.browser import NARROW, WIDE, Opened, opened, running_browser
from tests.comparisons import comparison, hostile
from tests.hostile import HOSTILE, READABLE


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as found:
        yield found


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("page"), comparison(forced=("The scenarios differ.",)))


def written(folder: Path, of: Comparison, *, charts: bool = True) -> Path:
    file = folder / "comparison.html"
    file.write_text(html(of, draw_comparison(of) if charts else ()))
    return file


def is_quiet(found: Opened) -> bool:
    return found.requests == [] and found.complaints == []


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_fits_its_window_and_asks_for_nothing(browser: Browser, page: Path, width: int, dark: bool) -> None:
    with opened(browser, page, width=width, dark=dark) as found:
        assert found.overflow <= 0
        assert is_quiet(found)
        wanted = "narrow" if width == NARROW else "wide"
        assert (
            found.page.locator("figure svg:visible").count() == found.page.locator(f"figure .{wanted} svg").count() > 0
        )


def test_without_scripts_everything_is_there(browser: Browser, page: Path) -> None:
    with opened(browser, page, scripts=False) as found:
        assert found.texts(".badge") == ["REGRESSION"]
        assert "The scenarios differ." in found.texts(".forced li")
        (llm,) = (row for row in found.texts("table.changes tr") if row.startswith("grpc:llm_chat"))
        assert all(word in llm for word in ("✗ +20% worse", "500 ms → 600 ms", "+15% to +25%"))
        assert is_quiet(found)


def test_the_table_sorts_by_the_size_of_a_difference(browser: Browser, page: Path) -> None:
    with opened(browser, page) as found:
        found.page.get_by_role("button", name="P95").click()
        assert found.texts("table.changes tbody:last-child th")[0] == "grpc:llm_chat"
        assert found.texts("table.changes tbody.totals th")[0] == "all judged operations"


def test_on_a_phone_every_figure_stands_beside_the_name_of_its_measure(browser: Browser, page: Path) -> None:
    with opened(browser, page, width=NARROW) as found:
        labels = found.page.eval_on_selector_all(
            "table.changes tbody:last-child tr:first-child td",
            "cells => cells.map(cell => getComputedStyle(cell, '::before').content)",
        )
        assert labels == ['"rate"', '"error rate"', '"P50"', '"P95"', '"P99"']


def test_it_prints(browser: Browser, page: Path, tmp_path: Path) -> None:
    with opened(browser, page, dark=True) as found:
        assert found.page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True).startswith(b"%PDF-")
        found.page.emulate_media(media="print")
        assert found.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_no_text_of_others_runs_and_each_is_shown_as_it_is(browser: Browser, tmp_path: Path) -> None:
    of = hostile(" ".join(READABLE))
    with opened(browser, written(tmp_path, of), width=NARROW) as found:
        shown = found.page.inner_text("body")
        assert [text for text in READABLE if " ".join(text.split()) not in " ".join(shown.split())] == []
        assert is_quiet(found)
        assert found.overflow <= 0


def test_no_unreadable_text_does_anything(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, hostile("".join(HOSTILE)), charts=False)) as found:
        assert is_quiet(found)
        assert found.texts(".badge") == ["REGRESSION"]
