"""A real Chromium, and a page of ours opened in it, for any test of an HTML file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from scripts.get_chromium import program

WAIVER = "LOADGEN_TESTS_WITHOUT_BROWSER"
"""An environment variable: who sets it does without the tests that need a browser."""

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

WIDE, NARROW = 1200, 360
"""Pixels: a window on a desk, and a phone."""


class Opened:
    """A page, and what it did that a report must not do."""

    def __init__(self, page: Page, own: str) -> None:
        self.page = page
        self.requests: list[str] = []
        """Addresses that it asked for, beside its own file and what stands in it."""
        self.complaints: list[str] = []
        """Errors of its scripts, what its policy refused, and dialogs: what runs in it unasked would be seen here."""
        page.on("request", lambda asked: self._asked(asked.url, own))
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("console", lambda line: self.complaints.append(f"{line.type}: {line.text}"))
        page.on("dialog", lambda dialog: (self.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def _asked(self, address: str, own: str) -> None:
        if not address.startswith(own) and not address.startswith("data:"):
            self.requests.append(address)

    @property
    def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def texts(self, selector: str) -> list[str]:
        """The texts, as they are seen, of all that the selector finds."""
        return [one.strip() for one in self.page.locator(selector).all_inner_texts()]


@contextmanager
def running_browser() -> Iterator[Browser]:
    """A browser to share; starting it takes a second. Fails the test where there is none, unless that is waived."""
    path = program()
    if path is None:
        if os.environ.get(WAIVER):
            pytest.skip(f"waived by {WAIVER}: there is no Chromium")
        pytest.fail(f"there is no Chromium: make chromium; to do without this test: {WAIVER}=1", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    browser: Browser, file: Path, *, width: int = WIDE, dark: bool = False, scripts: bool = True
) -> Iterator[Opened]:
    """The file, read from the disk as somebody does who was sent it."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if dark else "light",
        java_script_enabled=scripts,
    )
    try:
        own = file.absolute().as_uri()
        page = Opened(context.new_page(), own)
        page.page.goto(own)
        yield page
    finally:
        context.close()
