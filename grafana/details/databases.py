"""PostgreSQL, PgBouncer and the connection pools inside applications."""

from __future__ import annotations

from grafana.dashboard import Row
from grafana.details.measured import curve, detail, measured
from grafana.panels import PER_SECOND, SECONDS, SHARE, SHORT, Panel
from grafana.queries import by, query, rate

NO_POSTGRES = "No PostgreSQL was asked in the time shown: see measure.databases of the target."
NO_PGBOUNCER = "No PgBouncer was asked in the time shown: see measure.databases of the target."
NO_POOL = "No application showed a connection pool in the time shown: see docs/exporters.md for the instrument."

POOL = "db_client_connection_pool_name"


def rows() -> tuple[Row, ...]:
    """The rows."""
    return (
        Row("PostgreSQL", _postgres(), folded=True),
        Row("PgBouncer", _pgbouncer(), folded=True),
        Row("Connection pools in applications", _pools(), folded=True),
    )


def _postgres() -> tuple[Panel, ...]:
    states = by("sum", "server, state", measured("pg_stat_activity_count"))
    longest = by("max", "server, state", measured("pg_stat_activity_max_tx_duration"))
    hit, read = (by("sum", "server", rate(measured(f"pg_stat_database_blks_{what}"))) for what in ("hit", "read"))
    commits, rollbacks = (
        by("sum", "server", rate(measured(f"pg_stat_database_xact_{what}"))) for what in ("commit", "rollback")
    )
    return (
        curve(
            detail(
                "Connections by state", "Those `idle in transaction` hold locks and do nothing.", SHORT, NO_POSTGRES
            ),
            query(states, "{{server}} {{state}}"),
            query(measured("pg_settings_max_connections"), "limit: {{server}} max_connections"),
        ),
        curve(
            detail("Longest transaction", "The age of the oldest transaction by state.", SECONDS, NO_POSTGRES),
            query(longest, "{{server}} {{state}}"),
        ),
        curve(
            detail("Waiting", "Sessions that wait for something, and locks that are not granted.", SHORT, NO_POSTGRES),
            query(by("sum", "server", measured("pg_stat_activity_waiting_sessions")), "{{server}} sessions"),
            query(by("sum", "server", measured("pg_locks_waiting")), "{{server}} locks"),
        ),
        curve(
            detail("Locks", "Locks held, by mode.", SHORT, NO_POSTGRES),
            query(by("sum", "server, mode", measured("pg_locks_count")), "{{server}} {{mode}}"),
        ),
        curve(
            detail("Transactions", "Commits and rollbacks a second.", PER_SECOND, NO_POSTGRES),
            query(commits, "{{server}} commits"),
            query(rollbacks, "{{server}} rollbacks"),
        ),
        curve(
            detail("Cache hits", "Share of the blocks that were found in PostgreSQL's own cache.", SHARE, NO_POSTGRES),
            query(f"{hit} / ({hit} + {read})", "{{server}}"),
        ),
        curve(
            detail("Deadlocks", "Deadlocks a second.", "cps", NO_POSTGRES),
            query(by("sum", "server", rate(measured("pg_stat_database_deadlocks"))), "{{server}}"),
        ),
        curve(
            detail("Temporary files", "Bytes a second that did not fit into memory.", "Bps", NO_POSTGRES),
            query(by("sum", "server", rate(measured("pg_stat_database_temp_bytes"))), "{{server}}"),
        ),
        curve(
            detail("Server answers", "1 while the server answers the exporter.", "bool_yes_no", NO_POSTGRES),
            query(measured("pg_up"), "{{server}}"),
        ),
    )


def _pgbouncer() -> tuple[Panel, ...]:
    server = {state: measured(f"pgbouncer_pools_server_{state}_connections") for state in ("active", "idle", "used")}
    size = by("max", "server, name", measured("pgbouncer_databases_pool_size"))
    waited, ran, queries = (
        by("sum", "server, database", rate(measured(f"pgbouncer_stats_totals_{what}_total")))
        for what in ("client_wait_seconds", "queries_duration_seconds", "queries_pooled")
    )
    return (
        curve(
            detail("Clients", "Clients with a server connection, and clients that wait for one.", SHORT, NO_PGBOUNCER),
            query(measured("pgbouncer_pools_client_active_connections"), "{{database}} {{user}} served"),
            query(measured("pgbouncer_pools_client_waiting_connections"), "{{database}} {{user}} waiting"),
        ),
        curve(
            detail(
                "Server connections", "Connections to PostgreSQL by state, and the pool's size.", SHORT, NO_PGBOUNCER
            ),
            *(query(expression, f"{{{{database}}}} {{{{user}}}} {state}") for state, expression in server.items()),
            query(size, "limit: pool size of {{name}}"),
        ),
        curve(
            detail("Longest wait", "How long the first client in the queue has waited.", SECONDS, NO_PGBOUNCER),
            query(measured("pgbouncer_pools_client_maxwait_seconds"), "{{database}} {{user}}"),
        ),
        curve(
            detail(
                "Waiting time", "Seconds a second that clients waited: as many of them at a time.", SHORT, NO_PGBOUNCER
            ),
            query(waited, "{{database}}"),
        ),
        curve(
            detail("Time of a query", "Mean time of a query on the server.", SECONDS, NO_PGBOUNCER),
            query(f"{ran} / ({queries} > 0)", "{{database}}"),
        ),
        curve(
            detail("Queries", "Queries a second.", "ops", NO_PGBOUNCER),
            query(queries, "{{database}}"),
        ),
        curve(
            detail("PgBouncer answers", "1 while it answers the exporter.", "bool_yes_no", NO_PGBOUNCER),
            query(measured("pgbouncer_up"), "{{server}}"),
        ),
    )


def _pools() -> tuple[Panel, ...]:
    states = by("sum", f"{POOL}, db_client_connection_state", measured("db_client_connection_count"))
    timeouts = by("sum", POOL, rate(measured("db_client_connection_timeouts_total")))
    name = f"{{{{{POOL}}}}}"
    return (
        curve(
            detail("Connections", "In use and idle, and the most that the pool may open.", SHORT, NO_POOL),
            query(states, f"{name} {{{{db_client_connection_state}}}}"),
            query(by("sum", POOL, measured("db_client_connection_max")), f"limit: {name}"),
        ),
        curve(
            detail("Requests that wait", "Requests that wait for a connection.", SHORT, NO_POOL),
            query(by("sum", POOL, measured("db_client_connection_pending_requests")), name),
        ),
        curve(
            detail("Timeouts", "Requests a second that gave up waiting for a connection.", "cps", NO_POOL),
            query(timeouts, name),
        ),
        curve(
            detail("Wait for a connection", "P95 of the time until a connection was given.", SECONDS, NO_POOL),
            query(_p95("db_client_connection_wait_time_seconds_bucket"), name),
        ),
        curve(
            detail("Use of a connection", "P95 of the time for which a connection was kept.", SECONDS, NO_POOL),
            query(_p95("db_client_connection_use_time_seconds_bucket"), name),
        ),
    )


def _p95(name: str) -> str:
    return f"histogram_quantile(0.95, {by('sum', f'{POOL}, le', rate(measured(name)))})"
