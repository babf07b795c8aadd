"""Locks by mode, held and waited for."""

from __future__ import annotations

from exporters.dbpool.topic import GAUGE, Shown, Topic, by_column

MODES = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
    "SIReadLock",
)

STATEMENT = f"""
SELECT d.datname, lower(m.mode) AS mode, count(l.mode) AS locks, count(l.mode) FILTER (WHERE NOT l.granted) AS waiting
FROM pg_database AS d CROSS JOIN unnest(ARRAY[{", ".join(f"'{mode}'" for mode in MODES)}]) AS m (mode)
LEFT JOIN pg_locks AS l ON l.database = d.oid AND l.mode = m.mode
GROUP BY d.datname, m.mode ORDER BY d.datname, m.mode
"""  # noqa: S608 - the modes are those above

TOPIC = Topic(
    name="locks",
    statement=STATEMENT,
    families=by_column(
        {"datname": "datname", "mode": "mode"},
        {
            "locks": Shown("pg_locks_count", GAUGE, "Locks held or waited for."),
            "waiting": Shown("pg_locks_waiting", GAUGE, "Locks that somebody waits for."),
        },
    ),
)
