"""What docs/exporters.md says of the database exporter is so, and all that is shown stands there."""

from __future__ import annotations

import re
from pathlib import Path

from exporters.dbpool.reasons import REASONS

FOLDER = Path(__file__).parent
PAGE = (FOLDER.parents[2] / "docs" / "exporters.md").read_text()
SHOWN = {
    line.split()[2]
    for golden in (FOLDER / "golden").glob("*.txt")
    for line in golden.read_text().splitlines()
    if line.startswith("# TYPE")
}

NAME = re.compile(r"`((?:pg|pgbouncer|db_client|dbpool)_[\w*]+)(?=[`{])")
"""A metric, or several by `*`."""

ELSEWHERE = ("pg_monitor", "pg_read_all_stats", "pg_use_reserved_connections", "db_client_connection_pool_name")
"""Roles and a label, which begin as metrics do."""

NAMED = {name.replace("*", r"\w+") for name in NAME.findall(PAGE) if name not in ELSEWHERE}


def test_every_metric_that_is_named_is_shown():
    assert len(NAMED) > 30
    assert {name for name in NAMED if not any(re.fullmatch(name, each) for each in SHOWN)} == {
        "pg_settings_reserved_connections"  # since version 16
    }


def test_every_metric_that_is_shown_is_named():
    everybodys = ("process_", "dbpool_scrape_collector_")
    ours = {each for each in SHOWN if not each.startswith(everybodys)}
    assert {each for each in ours if not any(re.fullmatch(name, each) for name in NAMED)} == set()


def test_every_reason_is_named():
    assert {each for each in REASONS if f"`{each}`" not in PAGE} == set()
