"""What promtool finds in the golden texts of all exporters: nothing, but on names that the field has had for years.

An adopted name with a lint stands here, by its exporter; anything else is a name of ours, and is mended.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from exporters.core.cli import names

FOLDER = Path(__file__).parent

CAMEL_CASE = "metric names should be written in 'snake_case' not 'camelCase'"
NO_TOTAL = 'counter metrics should have "_total" suffix'
NO_COUNT = 'non-histogram and non-summary metrics should not have "_count" suffix'
NO_COUNTER = 'non-counter metrics should not have "_total" suffix'

ADOPTED: dict[str, list[tuple[str, str]]] = {
    "host": [
        # The kernel's own words stand in the names of these.
        (r"node_(memory|netstat|sockstat)_\w+", CAMEL_CASE),
    ],
    "gpu": [],
    "dbpool": [
        # postgres_exporter names counters as the columns of pg_stat_database are named.
        (r"pg_stat_database_\w+", NO_TOTAL),
        (r"pg_(stat_activity|locks)_count", NO_COUNT),
    ],
}
"""Exporter → names (a regular expression) and what promtool says of them."""


def findings(name: str) -> set[tuple[str, str]]:
    """Name of a metric and what is said of it, over all golden texts of the exporter."""
    found: set[tuple[str, str]] = set()
    for golden in sorted((FOLDER / name).rglob("golden/*.txt")):
        told = subprocess.run(
            ["promtool", "check", "metrics"], input=golden.read_text(), capture_output=True, text=True, check=False
        )
        said = (told.stdout + told.stderr).splitlines()
        assert told.returncode in (0, 3), f"{golden.name}: {said}"
        found |= {(metric, lint) for metric, _, lint in (line.partition(" ") for line in said)}
    return found


@pytest.fixture(autouse=True)
def promtool() -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")


@pytest.mark.parametrize("name", names())
def test_promtool_finds_nothing_but_adopted_names(name: str):
    unknown = {
        (metric, lint)
        for metric, lint in findings(name)
        if not any(re.fullmatch(pattern, metric) and lint == known for pattern, known in ADOPTED[name])
    }
    assert unknown == set()


@pytest.mark.parametrize("name", names())
def test_every_adopted_name_is_still_found(name: str):
    found = findings(name)
    unused = [
        (pattern, known)
        for pattern, known in ADOPTED[name]
        if not any(re.fullmatch(pattern, metric) and lint == known for metric, lint in found)
    ]
    assert unused == []


@pytest.mark.parametrize("name", names())
def test_every_exporter_has_golden_texts(name: str):
    assert list((FOLDER / name).rglob("golden/*.txt"))
