"""Pools: clients served and waiting, connections to the server in use and idle."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client.metrics_core import Metric

from exporters.dbpool.client import Row
from exporters.dbpool.topic import GAUGE, Shown, Topic, by_column

_CONNECTIONS = {
    "cl_active": ("client_active", "Clients that have a server connection, or ask for none."),
    "cl_waiting": ("client_waiting", "Clients that wait for a server connection."),
    "cl_active_cancel_req": ("client_active_cancel", "Clients whose request to cancel is on its way."),
    "cl_waiting_cancel_req": ("client_waiting_cancel", "Clients whose request to cancel waits."),
    "sv_active": ("server_active", "Server connections that serve a client."),
    "sv_active_cancel": ("server_active_cancel", "Server connections that carry a request to cancel."),
    "sv_being_canceled": ("server_being_canceled", "Server connections that wait for requests to cancel to end."),
    "sv_idle": ("server_idle", "Server connections ready for a client."),
    "sv_used": ("server_used", "Server connections idle for so long that they are checked before they are used."),
    "sv_tested": ("server_testing", "Server connections being reset or checked."),
    "sv_login": ("server_login", "Server connections being opened."),
}

_families = by_column(
    {"database": "database", "user": "user"},
    {column: Shown(f"pgbouncer_pools_{name}_connections", GAUGE, text) for column, (name, text) in _CONNECTIONS.items()}
    | {"maxwait": Shown("pgbouncer_pools_client_maxwait_seconds", GAUGE, "How long the longest waiting client waits.")},
)


def families(rows: Sequence[Row]) -> list[Metric]:
    """The wait is whole seconds in one column, and what is above them in another."""
    return _families([{**row, "maxwait": f"{row['maxwait']}.{int(row.get('maxwait_us') or 0):06}"} for row in rows])


TOPIC = Topic(name="pools", statement="SHOW POOLS", families=families)
