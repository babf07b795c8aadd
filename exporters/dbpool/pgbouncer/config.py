"""The settings that bound the connections."""

from __future__ import annotations

from exporters.dbpool.topic import GAUGE, Shown, Topic, by_key

SETTINGS = {
    "max_client_conn": Shown("pgbouncer_config_max_client_connections", GAUGE, "Clients that PgBouncer admits."),
    "max_user_connections": Shown(
        "pgbouncer_config_max_user_connections", GAUGE, "Server connections for each user; 0: no bound."
    ),
    "max_db_connections": Shown(
        "pgbouncer_config_max_db_connections", GAUGE, "Server connections for each database; 0: no bound."
    ),
    "default_pool_size": Shown(
        "pgbouncer_config_default_pool_size", GAUGE, "Server connections of a pool that has no size of its own."
    ),
}

TOPIC = Topic(
    name="config",
    statement="SHOW CONFIG",
    families=by_key("key", "value", SETTINGS),
)
