"""What docs/exporters.md says of the exporters is so: collectors, metrics, flags."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from exporters.core.cli import exporter, names
from exporters.core.itself import Itself
from tests.exporter_process import run_exporter

FOLDER = Path(__file__).parent
PAGE = (FOLDER.parents[1] / "docs" / "exporters.md").read_text()
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
GOLDEN = "".join(path.read_text() for path in FOLDER.rglob("golden/*.txt"))
KNOWN = set(re.findall(r"^(?:# TYPE )?(\w+)", GOLDEN, re.MULTILINE)) | {
    f"{exporter(name).prefix}_scrape_collector_{what}"
    for name in names()
    for what in ("success", "duration_seconds", "absent")
}

NAME = re.compile(
    r"`((?:node|container|namedprocess_namegroup|process|gpu|dbpool|pg|pgbouncer|db_client)_\w*)(\*|\{[a-z]+,)?"
)
"""A metric, or the beginning of some: `node_disk_*`, `node_network_{receive,transmit}_…`."""

ELSEWHERE = {
    "db_client_connection_pool_name",
    "gpu_is_lost",
    "pg_hba",
    "pg_monitor",
    "pg_read_all_stats",
    "pg_use_reserved_connections",
    "pg_settings_reserved_connections",
}
"""What begins as a metric does and is a label, an error, a file, a role; and what only a newer PostgreSQL shows."""

NOT_OURS = re.compile(r"^- Families that node_exporter has and ours has not: (.*?)$", re.MULTILINE)


def test_every_collector_of_the_host_exporter_is_in_the_table():
    rows = re.findall(r"^\| (`.*?`) \|", SECTIONS["host"], re.MULTILINE)
    listed = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    made = exporter("host").collectors(argparse.Namespace(group=[]))
    assert {collector.name for collector in [*made, Itself()]} <= listed


def test_every_metric_that_is_named_is_one_that_is_shown():
    others = ELSEWHERE | set(re.findall(r"`(\w+)\*?`", NOT_OURS.search(PAGE)[1]))
    named = [found for found in NAME.findall(PAGE) if found[0] not in others]
    assert {name.partition("_")[0] for name, _ in named} == {
        "node", "container", "namedprocess", "process", "gpu", "dbpool", "pg", "pgbouncer", "db"
    }  # fmt: skip
    wrong = [
        name + more
        for name, more in named
        if not (any(each.startswith(name) for each in KNOWN) if more or name.endswith("_") else name in KNOWN)
    ]
    assert wrong == []


def test_no_family_that_is_said_to_be_missing_is_shown():
    missing = re.findall(r"`(\w+)(\*?)`", NOT_OURS.search(PAGE)[1])
    assert len(missing) >= 9
    assert [
        name for name, more in missing if any(each == name or (more and each.startswith(name)) for each in KNOWN)
    ] == []


@pytest.mark.parametrize("name", names())
def test_every_flag_of_an_exporter_is_named(name: str):
    flags = set(re.findall(r"--[a-z-]+", run_exporter(name, "--help").stdout)) - {"--help"}
    assert [flag for flag in sorted(flags) if flag not in PAGE] == []


def test_every_flag_that_is_named_exists():
    known = {flag for name in names() for flag in re.findall(r"--[a-z-]+", run_exporter(name, "--help").stdout)}
    commands = re.findall(r"^.*-m exporters.*$", PAGE, re.MULTILINE)
    assert {flag for line in commands for flag in re.findall(r"(?<![\w-])--[a-z-]+", line)} <= known
