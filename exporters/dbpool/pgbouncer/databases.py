"""The databases that PgBouncer leads to, and how many connections it may open to each."""

from __future__ import annotations

from exporters.dbpool.topic import GAUGE, Shown, Topic, by_column

LABELS = ("name", "host", "port", "database", "force_user", "pool_mode")

_RESERVE = Shown("pgbouncer_databases_reserve_pool", GAUGE, "Connections that may be added to a pool that is short.")

_COLUMNS = {
    "pool_size": Shown("pgbouncer_databases_pool_size", GAUGE, "Server connections that a pool may have."),
    "reserve_pool": _RESERVE,
    "reserve_pool_size": _RESERVE,  # its name since 1.24
    "max_connections": Shown("pgbouncer_databases_max_connections", GAUGE, "Server connections in all; 0: no bound."),
    "current_connections": Shown("pgbouncer_databases_current_connections", GAUGE, "Server connections there are."),
    "paused": Shown("pgbouncer_databases_paused", GAUGE, "1: paused."),
    "disabled": Shown("pgbouncer_databases_disabled", GAUGE, "1: disabled."),
}

TOPIC = Topic(
    name="databases",
    statement="SHOW DATABASES",
    families=by_column({label: label for label in LABELS}, _COLUMNS),
)
