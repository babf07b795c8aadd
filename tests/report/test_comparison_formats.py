"""A comparison in every format: the same figures, inert whatever it is given, and forced where it was forced."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from loadgen.model.comparison import (
    ERROR_RATE,
    EXIT_NONE,
    EXIT_REGRESSION,
    EXIT_UNCLEAR,
    P95,
    RATE,
    UNCLEAR,
    Comparison,
)
from loadgen.report.comparison.as_html import html
from loadgen.report.comparison.as_json import as_json, schema
from loadgen.report.comparison.as_markdown import markdown
from loadgen.report.comparison.as_text import brief, last_line, text
from loadgen.report.comparison.view import FORCED, view_of
from loadgen.report.gfm import MOST
from tests.comparisons import compared, comparison, hostile, measure, quantiles, side
from tests.hostile import HOSTILE

REPOSITORY = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).parent / "golden"
SCHEMA = REPOSITORY / "docs" / "comparison.schema.json"


def page(of: Comparison) -> str:
    """The page without charts, which are tested as such."""
    return html(of, ())


def summary(of: Comparison) -> str:
    return markdown(of, "comparison.html")


FORMATS = {"text": text, "markdown": summary, "json": as_json, "html": page}
each_format = pytest.mark.parametrize("made", FORMATS.values(), ids=FORMATS.keys())


def check(name: str, found: str) -> None:
    """After a wanted change: UPDATE_GOLDEN=1 pytest tests/report."""
    golden = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(found)
    assert found == golden.read_text()


def test_the_text_reads_as_golden() -> None:
    check("comparison.txt", text(comparison()))


def test_what_a_terminal_shows_reads_as_golden() -> None:
    view = view_of(comparison(forced=("The scenarios differ.",)))
    check("comparison_brief.txt", f"{brief(view)}{last_line(view)}\n")


def test_the_markdown_reads_as_golden() -> None:
    check("comparison.md", summary(comparison()))


def test_the_json_reads_as_golden() -> None:
    check("comparison.json", as_json(comparison(curves=())))


def test_the_page_reads_as_golden() -> None:
    found = re.search(r"<main>.*</main>\n", page(comparison()), re.DOTALL)
    assert found
    check("comparison.html", found[0])


def test_the_published_schema_is_that_of_the_record() -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        SCHEMA.write_text(schema())
    assert schema() == SCHEMA.read_text()


@pytest.mark.parametrize(
    "of", [comparison(), comparison(base=(), run=(), compared=(), curves=())], ids=["full", "bare"]
)
def test_the_json_is_what_its_schema_says_and_reads_back_as_the_record(of: Comparison) -> None:
    found = as_json(of)
    jsonschema.validate(msgspec.json.decode(found), msgspec.json.decode(SCHEMA.read_bytes()))
    assert msgspec.json.decode(found, type=Comparison) == of


def test_every_format_has_every_figure() -> None:
    view = view_of(comparison())
    cells = [cell for row in view.rows for cell in row.cells if cell and cell.change]
    figures = {part for cell in cells for part in (cell.base, cell.run, cell.difference, cell.interval)}
    for made in (text, summary, page):
        shown = made(comparison())
        assert [figure for figure in figures if figure not in shown] == [], made


@each_format
def test_every_format_says_that_it_was_forced_and_why(made: Any) -> None:
    assert FORCED not in made(comparison(forced=()))
    shown = made(comparison(forced=("The scenarios differ: one, other.",)))
    assert FORCED in shown or '"forced": [' in shown
    assert "The scenarios differ: one, other." in shown


@pytest.mark.parametrize(
    "code, headline",
    [(EXIT_NONE, "NO REGRESSION"), (EXIT_REGRESSION, "REGRESSION"), (EXIT_UNCLEAR, "CANNOT TELL")],
)
def test_the_conclusion_stands_first_and_with_its_exit_code(code: int, headline: str) -> None:
    of = comparison(exit_code=code)
    assert text(of).startswith(f"{headline} (exit code {code})\n")
    assert summary(of).partition("\n")[0].endswith(headline)
    assert f'<span class="badge">{headline}</span>' in page(of)
    assert f"Exit code {code}." in page(of)


@pytest.mark.parametrize(
    "name, base, run, difference, interval",
    [
        (P95, 0.5, 0.6, "+20%", "+15% to +25%"),
        (P95, 0.5, 0.49999, "±0%", "-5% to +5%"),
        (RATE, 10.0, 7.45, "-25.5%", "-28% to -23%"),
        (ERROR_RATE, 0.001, 0.0134, "+1.24 points", "+0.99 to +1.49 points"),
    ],
)
def test_a_difference_has_its_sign_its_unit_and_its_interval(
    name: str, base: float, run: float, difference: str, interval: str
) -> None:
    (row,) = view_of(
        comparison(compared=(compared("rest", "chat").__class__(
            test_type="rest", name="chat", judged=True, measures=(measure(name, base, run),)
        ),))
    ).rows  # fmt: skip
    (cell,) = row.cells
    assert cell
    assert (cell.difference, cell.interval) == (difference, interval)


def test_what_is_not_known_is_no_zero() -> None:
    unknown = measure(P95, None, 0.5, status=UNCLEAR, sentence="P95 is no time: so many operations failed.")
    view = view_of(comparison(compared=(compared("rest", "", unknown),)))
    cell = view.rows[0].cells[-1]
    assert cell
    assert (cell.change, cell.difference, cell.interval) == ("– → 500 ms", "–", "")
    assert view.told[0].points[0].text == "P95 is no time: so many operations failed."


def test_a_measure_that_a_row_lacks_leaves_its_place_empty() -> None:
    rows = (compared("rest", "", *quantiles(0.1, 0.2, 0.3)), compared("rest", "chat"))
    view = view_of(comparison(compared=rows))
    assert view.measures == ("rate", "error rate", "P50", "P95", "P99")
    assert view.rows[1].cells[2:] == (None, None, None)
    for made in (text, summary, page):
        made(comparison(compared=rows))


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_no_text_of_others_makes_a_line_a_column_or_a_control_character(number: int) -> None:
    harmless, poisoned = hostile("harmless"), hostile(HOSTILE[number])
    for made in (text, summary):
        found = made(poisoned)
        assert found.count("\n") == made(harmless).count("\n")
        assert all(line.isprintable() for line in found.split("\n"))
    assert as_json(poisoned).encode().count(b"\n") == as_json(harmless).count("\n")
    rows = [line.count("|") for line in summary(harmless).splitlines()]
    assert [line.count("|") for line in summary(poisoned).splitlines()] == rows


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_no_text_of_others_is_markup_in_the_page(number: int) -> None:
    def tags(made: str) -> list[str]:
        return re.findall(r"<[^>]*>", re.sub(r' data-value="[^"]*"', "", made))

    assert tags(page(hostile(HOSTILE[number]))) == tags(page(hostile("harmless")))


def test_the_markdown_of_very_many_operations_fits_into_a_comment() -> None:
    rows = tuple(compared("grpc", f"{'|' * 100}{number}", *quantiles(0.1, 0.2, 0.3)) for number in range(500))
    found = summary(comparison(compared=rows, base=tuple(side(number % 60) for number in range(100))))
    assert len(found.encode()) <= MOST
    assert "comparison.html" in found.splitlines()[-1]
