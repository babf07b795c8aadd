"""Sessions by state, and the longest transaction in each state."""

from __future__ import annotations

from exporters.dbpool.topic import GAUGE, Shown, Topic, by_column
from exporters.dbpool.visibility import HIDDEN, unless_hidden

STATES = (
    "active",
    "idle",
    "idle in transaction",
    "idle in transaction (aborted)",
    "fastpath function call",
    "disabled",
)

STATEMENT = f"""
SELECT d.datname, s.state, count(a.pid) AS sessions,
       greatest(coalesce(extract(epoch FROM max(now() - a.xact_start)), 0), 0) AS longest,
       {HIDDEN} AS hidden
FROM pg_database AS d CROSS JOIN unnest(ARRAY[{", ".join(f"'{state}'" for state in STATES)}]) AS s (state)
LEFT JOIN pg_stat_activity AS a ON a.datid = d.oid AND a.state = s.state
GROUP BY d.datname, s.state ORDER BY d.datname, s.state
"""  # noqa: S608 - the states are those above

TOPIC = Topic(
    name="activity",
    statement=STATEMENT,
    families=unless_hidden(
        by_column(
            {"datname": "datname", "state": "state"},
            {
                "sessions": Shown("pg_stat_activity_count", GAUGE, "Sessions in this state."),
                "longest": Shown(
                    "pg_stat_activity_max_tx_duration", GAUGE, "Seconds of the longest transaction in it."
                ),
            },
        )
    ),
)
