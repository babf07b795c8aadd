"""Sessions by state, and the longest transaction in each state."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client.metrics_core import Metric

from exporters.dbpool.client import Refused, Row
from exporters.dbpool.topic import GAUGE, Shown, Topic, by_column

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
       (SELECT count(*) FROM pg_stat_activity WHERE query = '<insufficient privilege>') AS hidden
FROM pg_database AS d CROSS JOIN unnest(ARRAY[{", ".join(f"'{state}'" for state in STATES)}]) AS s (state)
LEFT JOIN pg_stat_activity AS a ON a.datid = d.oid AND a.state = s.state
GROUP BY d.datname, s.state ORDER BY d.datname, s.state
"""  # noqa: S608 - the states are those above

_families = by_column(
    {"datname": "datname", "state": "state"},
    {
        "sessions": Shown("pg_stat_activity_count", GAUGE, "Sessions in this state."),
        "longest": Shown("pg_stat_activity_max_tx_duration", GAUGE, "Seconds of the longest transaction in it."),
    },
)


def families(rows: Sequence[Row]) -> list[Metric]:
    """Every state of every database, 0 too.

    Raises Refused when others' sessions are hidden from us: they then have no state, and each 0 would be untrue.
    """
    if any(row["hidden"] != "0" for row in rows):
        raise Refused("the role may not see the sessions of others; as an administrator: GRANT pg_monitor TO the role")
    return _families(rows)


TOPIC = Topic(name="activity", statement=STATEMENT, families=families)
