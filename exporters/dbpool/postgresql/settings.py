"""The settings that bound the connections."""

from __future__ import annotations

from exporters.dbpool.topic import GAUGE, Shown, Topic, by_key

SETTINGS = {
    "max_connections": "Connections that the server admits.",
    "superuser_reserved_connections": "Connections kept for superusers.",
    "reserved_connections": "Connections kept for roles with pg_use_reserved_connections.",
}

TOPIC = Topic(
    name="settings",
    statement="SELECT name, setting FROM pg_settings WHERE name LIKE '%\\_connections' ORDER BY name",
    families=by_key(
        "name", "setting", {name: Shown(f"pg_settings_{name}", GAUGE, text) for name, text in SETTINGS.items()}
    ),
)
