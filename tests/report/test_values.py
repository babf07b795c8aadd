"""Page, JSON and table say what evidence.json and verdict.json say: computed here once more, from the files."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from loadgen.criteria.shares import percent
from loadgen.report.as_csv import stats_csv
from loadgen.report.as_json import as_json
from loadgen.report.contents import Report
from loadgen.report.html import html
from loadgen.storage import save
from loadgen.verdict.sentences import figures, response_time
from tests.reports import PERCENTILES, failed_spike, report

JUDGED = {"steady", "recovery"}
OPERATIONS = ("chat", "transcribe", "health")


class Tables(HTMLParser):
    """Every row of every table: the class of its table, its attributes, and of each cell text, value and class."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[dict[str, Any]] = []
        self.verdict = ""
        self._tables: list[str] = []
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.verdict = found.get("data-verdict") or self.verdict
        if tag == "table":
            self._tables.append(found.get("class") or "")
        elif tag == "tr" and self._tables:
            self.rows.append({"table": self._tables[-1], "of": found, "cells": []})
        elif tag in {"td", "th"} and self.rows:
            self._inside = True
            self.rows[-1]["cells"].append(
                {"text": "", "value": found.get("data-value"), "is": found.get("class") or ""}
            )

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside and self.rows:
            self.rows[-1]["cells"][-1]["text"] += data


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("run") / "evidence.json"
    save(path, failed_spike().evidence)
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path: Path = tmp_path_factory.mktemp("run") / "verdict.json"
    save(path, failed_spike().verdict)
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def content() -> Report:
    return report()


@pytest.fixture(scope="module")
def page(content: Report) -> Tables:
    return Tables(html(content, ()))


@pytest.fixture(scope="module")
def expected(evidence: Any) -> dict[str, dict[str, float]]:
    """By operation the figures, straight from the evidence."""
    edges = failed_spike().plan.edges
    every = sum(t["requests"] for t in evidence["tallies"] if t["phase"] in JUDGED)
    return {name: _figures(evidence, name, edges, every) for name in OPERATIONS}


def _figures(evidence: Any, name: str, edges: tuple[float, ...], every: int) -> dict[str, float]:
    own = [t for t in evidence["tallies"] if t["name"] == name and t["phase"] in JUDGED]
    count, failed = sum(t["requests"] for t in own), sum(sum(t["failures"].values()) for t in own)
    buckets = [sum(column) for column in zip(*(t["buckets"] for t in own), strict=True)]
    (extremes,) = (e for e in evidence["extremes"] if e["name"] == name)
    return {
        "count": count,
        "share": count / every,
        "rate": count / 175,
        "failures": failed,
        "failure_share": failed / count,
        "mean": sum(t["total_seconds"] for t in own) / count,
        "minimum": extremes["minimum"],
        "maximum": extremes["maximum"],
        **{
            f"p{round(100 * share)}": min(_quantile(edges, buckets, share), extremes["maximum"])
            for share in PERCENTILES
        },
    }


def _quantile(edges: tuple[float, ...], buckets: list[int], share: float) -> float:
    """Linear between the edges around the rank, by plain search."""
    rank = share * buckets[-1]
    low, below = 0.0, 0
    for edge, count in zip(edges, buckets, strict=False):
        if count >= rank:
            return low + (edge - low) * (rank - below) / (count - below)
        low, below = edge, count
    raise AssertionError("the quantile lies above the last edge")


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_json_has_the_figures_of_the_evidence(name: str, content: Report, expected: dict[str, dict[str, float]]):
    (row,) = (r for r in json.loads(as_json(content))["rows"] if r["name"] == name)
    found = {**row, **row["quantiles"]}
    assert {key: found[key] for key in expected[name]} == pytest.approx(expected[name])


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_table_has_the_figures_of_the_evidence(name: str, content: Report, expected: dict[str, dict[str, float]]):
    (line,) = (x for x in csv.DictReader(io.StringIO(stats_csv(content))) if x["name"] == name)
    plain = {"count": "count", "share": "share", "failures": "failures", "failure_share": "failure_share"}
    columns = plain | {"rate": "rate_per_second", "mean": "mean_seconds"}
    columns |= {"minimum": "min_seconds", "maximum": "max_seconds"}
    columns |= {f"p{round(100 * share)}": f"p{round(100 * share)}_seconds" for share in PERCENTILES}
    assert {key: float(line[column]) for key, column in columns.items()} == pytest.approx(expected[name])


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_page_has_the_figures_of_the_evidence(name: str, page: Tables, expected: dict[str, dict[str, float]]):
    rows = [row["cells"] for row in page.rows if "operations" in row["table"].split()]
    (cells,) = (cells for cells in rows if (cells[0]["value"] or "").startswith(f"rest {name}"))
    wanted = expected[name]
    assert [float(cell["value"]) for cell in cells[1:]] == pytest.approx(list(wanted.values()))
    seconds = {key for key in wanted if key[0] == "p" or key in {"mean", "minimum", "maximum"}}
    shares = {"share", "failure_share"}
    told = [
        response_time(value) if key in seconds else percent(value) if key in shares else f"{value:.4g}"
        for key, value in wanted.items()
    ]
    assert [cell["text"].removesuffix("/s") for cell in cells[1:]] == told


def test_the_page_says_of_every_criterion_what_the_verdict_says(page: Tables, verdict: Any):
    own = [row for row in page.rows if "criteria" in row["table"].split() and "data-criterion" in row["of"]]
    shown = {row["of"]["data-criterion"]: row["cells"] for row in own}
    assert list(shown) == [line["criterion"] for line in verdict["criteria"]]
    for line in verdict["criteria"]:
        cells = {cell["is"].split(" ")[-1]: cell["text"] for cell in shown[line["criterion"]]}
        assert (cells["measured"], cells["bound"]) == figures(line["measured"], line["bound"], line["unit"])
        assert cells["margin"] == percent(line["margin"])
        assert cells["samples"] == f"{line['samples']} of at least {line['minimum']}"
        assert line["status"] in " ".join(cell["text"] for cell in shown[line["criterion"]]).lower()


def test_page_and_json_bear_the_verdict(page: Tables, content: Report, verdict: Any):
    found = json.loads(as_json(content))
    assert page.verdict == found["verdict"] == verdict["verdict"] == "FAIL"
    for field in ("run_id", "exit_code", "sentence", "criteria", "validity", "notes", "saturation"):
        assert found[field] == verdict[field]


def test_the_json_has_the_series_resources_and_alerts_of_the_evidence(content: Report, evidence: Any):
    found = json.loads(as_json(content))
    assert [s for s in evidence["series"] if s in found["series"]] == found["series"]
    for field in ("resources", "unmeasured", "alerts"):
        assert found[field] == evidence[field]
    asked = [(q["id"], q["expression"]) for q in evidence["queries"]]
    assert [(q["id"], q["expression"]) for q in found["queries"]] == asked
