"""Open every committed dashboard in a browser, in Grafana's own page, and keep a picture of each.

Run as `python -m scripts.screenshots --run RUN_ID --out FOLDER`. A dashboard is looked at when it shows all its panels
and none of them is loading; then no panel may show an error. Exit code 1 when one does or a dashboard does not come; 4
without Playwright or a browser.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

DASHBOARDS = Path(__file__).resolve().parents[1] / "grafana/dashboards"
EXIT_FAILED, EXIT_ENVIRONMENT = 1, 4

WIDTH, ROW, MARGIN = 1600, 38, 300
"""Pixels: of the page; of a row of Grafana's grid; for what is above the panels. Panels out of sight are not loaded, so
the page is as high as the dashboard."""

PATIENCE, STEP, CALM = 60.0, 0.5, 4
"""Seconds until a dashboard has to be there; seconds between two looks; looks in a row at which nothing was loading."""

LOOK = """() => {
    const named = (start) => [...document.querySelectorAll(`[data-testid^="${start}"], [aria-label^="${start}"]`)];
    const title = (one) => (one.closest("section") || document.body).querySelector("h2")?.textContent || "?";
    return {
        panels: named("data-testid panel content").length,
        loading: named("data-testid Panel loading bar").length + named("Panel loading bar").length,
        errors: named("data-testid Panel status error").map(title),
        empty: named("data-testid Panel data error message").map(title),
    };
}"""
"""The names are those of Grafana's own tests (@grafana/e2e-selectors), from Grafana 11.1 on."""


class Dashboard(NamedTuple):
    """A committed dashboard: its uid, the panels that it shows at once, and its height in rows of the grid."""

    uid: str
    panels: int
    height: int


class Seen(NamedTuple):
    """What was on the page: panels, how many were loading, and the titles of those with errors and without data."""

    panels: int
    loading: int
    errors: list[str]
    empty: list[str]


def main(arguments: Sequence[str]) -> int:
    """Look at all of them."""
    options = _options(arguments)
    try:
        playwright_api = importlib.import_module("playwright.sync_api")  # no package of ours: only where it is wanted
    except ImportError:
        print("Playwright is missing: pip install playwright && playwright install chromium", file=sys.stderr)
        return EXIT_ENVIRONMENT
    options.out.mkdir(parents=True, exist_ok=True)
    faults = []
    with playwright_api.sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=options.browser)
        except playwright_api.Error as error:
            print(f"the browser does not start: {str(error).splitlines()[0]}", file=sys.stderr)
            return EXIT_ENVIRONMENT
        for dashboard in dashboards(DASHBOARDS):
            height = dashboard.height * ROW + MARGIN
            page = browser.new_page(viewport={"width": WIDTH, "height": height})
            try:
                page.goto(address(options.grafana, dashboard, options.run, options.since))
                seen, fault = watch(page, dashboard)
                page.screenshot(path=options.out / f"{dashboard.uid}.png")
            except playwright_api.Error as error:
                seen, fault = None, str(error).splitlines()[0]
            page.close()
            without = f", without data: {', '.join(seen.empty)}" if seen and seen.empty else ""
            print(f"{dashboard.uid}: {fault or 'ok'}{without}", flush=True)
            faults += [fault] if fault else []
        browser.close()
    return EXIT_FAILED if faults else 0


def dashboards(folder: Path) -> Iterator[Dashboard]:
    """The committed dashboards, by name of file."""
    for file in sorted(folder.glob("*.json")):
        content = json.loads(file.read_bytes())
        shown = [panel for panel in content["panels"] if panel["type"] != "row"]
        height = max((panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in content["panels"]), default=0)
        yield Dashboard(content["uid"], len(shown), height)


def address(grafana: str, dashboard: Dashboard, run: str | None, since: str) -> str:
    """Where the dashboard is: of one run, without menus, and not renewed while it is looked at."""
    query = {"orgId": "1", "from": since, "to": "now", "refresh": "", **({"var-run": run} if run else {})}
    return f"{grafana.rstrip('/')}/d/{dashboard.uid}?{urlencode(query)}&kiosk"


def watch(page: Any, dashboard: Dashboard) -> tuple[Seen, str | None]:
    """What is there once all panels have been calm for a while, and what is wrong with it."""
    deadline, calm = time.monotonic() + PATIENCE, 0
    while True:
        seen = Seen(**page.evaluate(LOOK))
        calm = calm + 1 if seen.panels >= dashboard.panels and not seen.loading else 0
        if calm == CALM:
            return seen, f"errors in panels: {', '.join(seen.errors)}" if seen.errors else None
        if time.monotonic() > deadline:
            text = f"after {PATIENCE:.0f} s {seen.panels} of {dashboard.panels} panels, {seen.loading} of them loading"
            return seen, text
        page.wait_for_timeout(STEP * 1000)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.screenshots", description=__doc__)
    parser.add_argument("--grafana", default="http://127.0.0.1:3000", help="its URL; default %(default)s")
    parser.add_argument("--run", help="the run to show; default: what the dashboard chooses")
    parser.add_argument("--since", default="now-15m", help="where the time begins; default %(default)s")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--browser", help="the browser's program; default: Playwright's own Chromium")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
