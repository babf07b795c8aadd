"""What sessions wait for."""

from __future__ import annotations

from exporters.dbpool.topic import GAUGE, Shown, Topic, by_column
from exporters.dbpool.visibility import HIDDEN, unless_hidden

LABELS = ("datname", "state", "wait_event_type", "wait_event")

STATEMENT = f"""
SELECT h.hidden, w.* FROM (SELECT {HIDDEN} AS hidden) AS h LEFT JOIN (
    SELECT datname, state, wait_event_type, wait_event, count(*) AS sessions
    FROM pg_stat_activity WHERE datname IS NOT NULL AND wait_event IS NOT NULL
    GROUP BY 1, 2, 3, 4
) AS w ON true ORDER BY 2, 3, 4, 5
"""  # noqa: S608 - nothing in it comes from outside

TOPIC = Topic(
    name="waits",
    statement=STATEMENT,
    families=unless_hidden(
        by_column(
            {label: label for label in LABELS},
            {
                "sessions": Shown(
                    "pg_stat_activity_waiting_sessions", GAUGE, "Sessions by state and what they wait for."
                )
            },
        )
    ),
)
