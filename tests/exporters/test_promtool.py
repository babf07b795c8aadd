"""What promtool finds in the golden texts of all exporters: nothing, but on names that the field has had for years.

An adopted name with a lint stands here, by its exporter; anything else is a name of ours, and is mended.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from exporters.core.cli import names

FOLDER = Path(__file__).parent
ROOMS = ["core", *names()]

CAMEL_CASE = "metric names should be written in 'snake_case' not 'camelCase'"
NO_TOTAL = 'counter metrics should have "_total" suffix'
NO_COUNT = 'non-histogram and non-summary metrics should not have "_count" suffix'


def _all(prefix: str, endings: str, lint: str) -> set[tuple[str, str]]:
    return {(prefix + ending, lint) for ending in endings.split()}


ADOPTED: dict[str, set[tuple[str, str]]] = {
    # The kernel's own words stand in the names of these.
    "host": _all(
        "node_memory_",
        """
        AnonPages_bytes CommitLimit_bytes DirectMap2M_bytes HugePages_Free HugePages_Total
        MemAvailable_bytes MemFree_bytes MemTotal_bytes SwapCached_bytes SwapFree_bytes
        SwapTotal_bytes VmallocTotal_bytes
        """,
        CAMEL_CASE,
    )
    | _all(
        "node_netstat_",
        """
        Icmp6_InErrors Icmp6_InMsgs Icmp_InErrors Icmp_InMsgs Icmp_OutMsgs Ip6_InOctets
        Ip6_OutOctets IpExt_InOctets IpExt_OutOctets TcpExt_ListenDrops TcpExt_ListenOverflows
        TcpExt_SyncookiesFailed TcpExt_SyncookiesRecv TcpExt_SyncookiesSent TcpExt_TCPOFOQueue
        TcpExt_TCPRcvQDrop TcpExt_TCPSynRetrans TcpExt_TCPTimeouts Tcp_ActiveOpens Tcp_CurrEstab
        Tcp_InErrs Tcp_InSegs Tcp_OutRsts Tcp_OutSegs Tcp_PassiveOpens Tcp_RetransSegs
        Udp6_InDatagrams UdpLite6_InErrors Udp_InDatagrams Udp_InErrors Udp_NoPorts Udp_OutDatagrams
        Udp_RcvbufErrors Udp_SndbufErrors
        """,
        CAMEL_CASE,
    ),
    # postgres_exporter names counters as the columns of pg_stat_database are named.
    "dbpool": _all(
        "pg_stat_database_",
        """
        blk_read_time blk_write_time blks_hit blks_read conflicts deadlocks temp_bytes temp_files
        tup_deleted tup_fetched tup_inserted tup_returned tup_updated xact_commit xact_rollback
        """,
        NO_TOTAL,
    )
    # The second is OpenTelemetry's db.client.connection.count.
    | _all("", "pg_stat_activity_count pg_locks_count db_client_connection_count", NO_COUNT),
}
"""Exporter → names and what promtool says of them."""


def findings(room: str) -> set[tuple[str, str]]:
    """Name of a metric and what is said of it, over all golden texts of an exporter, or of the core of all."""
    found: set[tuple[str, str]] = set()
    for golden in sorted((FOLDER / room).rglob("golden/*.txt")):
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


@pytest.mark.parametrize("room", ROOMS)
def test_promtool_finds_what_is_said_of_the_adopted_names_and_nothing_else(room: str):
    assert findings(room) == ADOPTED.get(room, set())


@pytest.mark.parametrize("room", ROOMS)
def test_every_exporter_and_the_core_have_golden_texts(room: str):
    assert list((FOLDER / room).rglob("golden/*.txt"))
