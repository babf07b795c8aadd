"""The dashboards' pictures: which are taken, where, and when a page counts as there."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts import screenshots
from scripts.screenshots import CALM, EXIT_ENVIRONMENT, Dashboard, address, dashboards, main, watch

BOARD = Dashboard("june-run", 3, 20)


class Page:
    """A page that shows one thing after another; the last stays."""

    def __init__(self, *looks: dict[str, Any]) -> None:
        self.looks = [{"errors": [], "empty": [], "loading": 0} | look for look in looks]

    def evaluate(self, _: str) -> dict[str, Any]:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    def wait_for_timeout(self, _: float) -> None:
        pass


def test_every_committed_dashboard_is_opened():
    found = list(dashboards(screenshots.DASHBOARDS))
    assert [one.uid for one in found] == sorted(path.stem for path in screenshots.DASHBOARDS.glob("*.json"))
    assert all(one.panels > 0 and one.height > 0 for one in found)


def test_rows_are_no_panels_and_the_lowest_one_ends_the_page(tmp_path: Path):
    def panel(kind: str, y: int, h: int) -> dict[str, Any]:
        return {"type": kind, "gridPos": {"x": 0, "y": y, "w": 24, "h": h}}

    board = {"uid": "one", "panels": [panel("row", 0, 1), panel("stat", 1, 4), panel("table", 5, 9)]}
    (tmp_path / "one.json").write_text(json.dumps(board))
    assert list(dashboards(tmp_path)) == [Dashboard("one", 2, 14)]


def test_the_address_names_the_run_and_is_not_renewed():
    assert address("http://127.0.0.1:3000/", BOARD, "smoke-1", "now-15m") == (
        "http://127.0.0.1:3000/d/june-run?orgId=1&from=now-15m&to=now&refresh=&var-run=smoke-1&kiosk"
    )


def test_a_page_is_there_when_nothing_has_been_loading_for_a_while():
    calm = {"panels": 3}
    busy = {"panels": 3, "loading": 1}
    page = Page({"panels": 1}, busy, *[calm] * (CALM - 1), busy, calm)
    seen, fault = watch(page, BOARD)
    assert (seen.panels, fault) == (3, None)
    assert len(page.looks) == 1, "it did not wait for calm"


def test_a_panel_with_an_error_is_named():
    _, fault = watch(Page({"panels": 3, "errors": ["Latency"]}), BOARD)
    assert fault == "errors in panels: Latency"


def test_a_dashboard_that_does_not_come_is_a_fault(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(screenshots, "PATIENCE", 0.0)
    _, fault = watch(Page({"panels": 0}), BOARD)
    assert fault == "after 0 s 0 of 3 panels, 0 of them loading"


def test_without_playwright_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    assert main(["--out", str(tmp_path)]) == EXIT_ENVIRONMENT
    assert "pip install playwright" in capsys.readouterr().err
