"""The tables: exact, of one width, and never a formula."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pytest

from loadgen.report.as_csv import cell, metrics_csv, stats_csv
from tests.hostile import HOSTILE
from tests.reports import hostile_report, report, shortened
from tests.runs import STARTED

GOLDEN = Path(__file__).parent / "golden"
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
REPORT = report()

each_text = pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))


def read(text: str) -> list[dict[str, str]]:
    """The lines of a table by column; each has every column and no more."""
    head, *lines = csv.reader(io.StringIO(text))
    assert len(set(head)) == len(head)
    return [dict(zip(head, line, strict=True)) for line in lines]


@pytest.mark.parametrize("name, made", [("stats.csv", stats_csv), ("metrics.csv", metrics_csv)])
def test_the_tables_are_what_others_build_on(name, made):
    """After a wanted change: UPDATE_GOLDEN=1 pytest tests/report."""
    found = made(shortened(REPORT))
    if os.environ.get("UPDATE_GOLDEN"):
        (GOLDEN / name).write_text(found)
    assert found == (GOLDEN / name).read_text()


def number(text: str) -> float | None:
    return float(text) if text else None


def test_the_figures_of_the_rows_come_back_to_the_last_digit():
    lines = read(stats_csv(REPORT))
    assert len(lines) == len(REPORT.rows)
    for line, row in zip(lines, REPORT.rows, strict=True):
        assert (line["test_type"], line["name"], line["judged"]) == (row.test_type, row.name, str(int(row.judged)))
        assert (int(line["count"]), int(line["failures"])) == (row.count, row.failures)
        exact = {"share": row.share, "rate_per_second": row.rate, "failure_share": row.failure_share}
        exact |= {"mean_seconds": row.mean, "min_seconds": row.minimum, "max_seconds": row.maximum}
        exact |= {f"{name}_seconds": value for name, value in row.quantiles.items()}
        assert {name: number(line[name]) for name in exact} == exact
        failed = {name.removeprefix("failures_"): int(line[name]) for name in line if name.startswith("failures_")}
        assert {reason: count for reason, count in failed.items() if count} == row.reasons


def test_every_line_says_what_it_is_of():
    assert [line["level"] for line in read(stats_csv(REPORT))] == ["run", "test_type", *["operation"] * 3]


def test_every_point_of_every_series_is_there_once():
    lines = read(metrics_csv(REPORT))
    wanted = [(s.name, at, value) for s in REPORT.series for at, value in zip(s.times, s.values, strict=True)]
    found = [(x["series"], datetime.fromisoformat(x["time"]).timestamp(), number(x["value"])) for x in lines]
    assert found == wanted


def test_a_point_says_in_which_phase_it_lies():
    phases = {float(line["elapsed_seconds"]): line["phase"] for line in read(metrics_csv(REPORT))}
    assert {at: phases[at] for at in (0.0, 60.0, 179.0, 299.0, 300.0)} == {
        0.0: "warmup",
        60.0: "spike",
        179.0: "spike",
        299.0: "recovery",
        300.0: "",
    }
    assert REPORT.started == STARTED


def test_what_is_not_known_is_an_empty_cell():
    first = next(line for line in read(metrics_csv(REPORT)) if line["series"] == "p95")
    assert first["value"] == ""
    assert cell(None) == ""


@each_text
def test_no_text_is_a_formula_or_breaks_its_line(text: str):
    for made in (stats_csv, metrics_csv):
        table = made(shortened(hostile_report(text)))
        table.encode()
        assert table.replace("\n", "").isprintable()
        for line in read(table):
            assert not [part for part in parts(line.values()) if part.startswith(FORMULAS) and not _is_number(part)]


def parts(cells: Iterable[str]) -> list[str]:
    """The cells as they are where numbers have a comma."""
    return [part for value in cells for part in value.split(";")]


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "").isdigit()


@pytest.mark.parametrize(
    "value, shown", [(-1.5, "-1.5"), ("-1.5", "'-1.5"), (0, "0"), ("=1", "'=1"), (" \t=1", "'=1"), ("a; =1", "a;'=1")]
)
def test_a_number_is_a_number_and_a_text_like_one_is_a_text(value, shown):
    assert cell(value) == shown
