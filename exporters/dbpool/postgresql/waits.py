"""What sessions wait for."""

from __future__ import annotations

from exporters.dbpool.topic import GAUGE, Shown, Topic, by_column

LABELS = ("datname", "state", "wait_event_type", "wait_event")

STATEMENT = """
SELECT datname, state, wait_event_type, wait_event, count(*) AS sessions
FROM pg_stat_activity WHERE datname IS NOT NULL AND wait_event IS NOT NULL
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""

TOPIC = Topic(
    name="waits",
    statement=STATEMENT,
    families=by_column(
        {label: label for label in LABELS},
        {"sessions": Shown("pg_stat_activity_waiting_sessions", GAUGE, "Sessions by state and by what they wait for.")},
    ),
)
