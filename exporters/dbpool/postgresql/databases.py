"""Counters of each database: transactions, cache hits, deadlocks, temporary files."""

from __future__ import annotations

from exporters.dbpool.topic import COUNTER, GAUGE, Shown, Topic, by_column

_COUNTERS = {
    "xact_commit": "Transactions committed.",
    "xact_rollback": "Transactions rolled back.",
    "blks_read": "Blocks read from the system, not found in the cache.",
    "blks_hit": "Blocks found in the cache.",
    "tup_returned": "Rows read by scans.",
    "tup_fetched": "Rows fetched by index scans.",
    "tup_inserted": "Rows inserted.",
    "tup_updated": "Rows updated.",
    "tup_deleted": "Rows deleted.",
    "conflicts": "Queries cancelled because of recovery on a standby.",
    "temp_files": "Temporary files made by queries.",
    "temp_bytes": "Bytes written to temporary files.",
    "deadlocks": "Deadlocks.",
    "blk_read_time": "Milliseconds spent reading blocks, where track_io_timing is on.",
    "blk_write_time": "Milliseconds spent writing blocks, where track_io_timing is on.",
}

_COLUMNS = {"numbackends": Shown("pg_stat_database_numbackends", GAUGE, "Sessions connected to the database.")} | {
    column: Shown(f"pg_stat_database_{column}", COUNTER, text) for column, text in _COUNTERS.items()
}

TOPIC = Topic(
    name="databases",
    statement="SELECT * FROM pg_stat_database ORDER BY datid",
    families=by_column({"datid": "datid", "datname": "datname"}, _COLUMNS),
)
