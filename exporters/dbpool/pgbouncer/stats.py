"""What has gone through PgBouncer, by database.

Under the names that pgbouncer_exporter has had since it asks SHOW STATS_TOTALS, which gives the same sums.
"""

from __future__ import annotations

from exporters.dbpool.topic import COUNTER, Shown, Topic, by_column

MICROSECONDS = 1e-6

_COLUMNS = {
    "total_xact_count": ("sql_transactions_pooled_total", "Transactions.", 1.0),
    "total_query_count": ("queries_pooled_total", "Queries.", 1.0),
    "total_received": ("received_bytes_total", "Bytes received from clients.", 1.0),
    "total_sent": ("sent_bytes_total", "Bytes sent to clients.", 1.0),
    "total_xact_time": ("server_in_transaction_seconds_total", "Time in transactions.", MICROSECONDS),
    "total_query_time": ("queries_duration_seconds_total", "Time in which queries ran.", MICROSECONDS),
    "total_wait_time": ("client_wait_seconds_total", "Time that clients waited for a server connection.", MICROSECONDS),
    "total_client_parse_count": ("client_parses_total", "Statements prepared by clients.", 1.0),
    "total_server_parse_count": ("server_parses_total", "Statements prepared on servers.", 1.0),
    "total_bind_count": ("binds_total", "Prepared statements bound.", 1.0),
}

TOPIC = Topic(
    name="stats",
    statement="SHOW STATS",
    families=by_column(
        {"database": "database"},
        {
            column: Shown(f"pgbouncer_stats_totals_{name}", COUNTER, text, scale)
            for column, (name, text, scale) in _COLUMNS.items()
        },
    ),
)
