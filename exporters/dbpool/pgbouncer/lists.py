"""How many there are of PgBouncer's own things."""

from __future__ import annotations

from exporters.dbpool.topic import GAUGE, Shown, Topic, by_key

LISTS = {
    "databases": Shown("pgbouncer_databases", GAUGE, "Databases."),
    "users": Shown("pgbouncer_users", GAUGE, "Users."),
    "pools": Shown("pgbouncer_pools", GAUGE, "Pools."),
    "free_clients": Shown("pgbouncer_free_clients", GAUGE, "Client places that are free."),
    "used_clients": Shown("pgbouncer_used_clients", GAUGE, "Clients."),
    "login_clients": Shown("pgbouncer_login_clients", GAUGE, "Clients that log in."),
    "free_servers": Shown("pgbouncer_free_servers", GAUGE, "Server places that are free."),
    "used_servers": Shown("pgbouncer_used_servers", GAUGE, "Server connections."),
    "dns_names": Shown("pgbouncer_cached_dns_names", GAUGE, "Names in the cache of the resolver."),
    "dns_zones": Shown("pgbouncer_cached_dns_zones", GAUGE, "Zones in the cache of the resolver."),
    "dns_queries": Shown("pgbouncer_in_flight_dns_queries", GAUGE, "Questions to the resolver under way."),
}

TOPIC = Topic(
    name="lists",
    statement="SHOW LISTS",
    families=by_key("list", "items", LISTS),
)
