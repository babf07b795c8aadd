"""What rows become, from literals: the columns of several versions, units, and what is not known."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from prometheus_client.metrics_core import Metric

from exporters.dbpool.client import Refused
from exporters.dbpool.pgbouncer import config, databases, lists, pools, stats
from exporters.dbpool.postgresql import activity, settings, waits
from exporters.dbpool.postgresql import databases as pg_databases
from exporters.dbpool.topic import Topic


def shown(families: Iterable[Metric]) -> dict[str, float]:
    return {
        name + "".join(f" {value}" for value in labels.values() if value): value
        for family in families
        for name, labels, value, *_ in family.samples
    }


POOL = {"database": "june", "user": "june", "cl_active": "3", "cl_waiting": "4", "sv_active": "2", "sv_idle": "0"}


@pytest.mark.parametrize(
    "row, seconds",
    [
        ({**POOL, "maxwait": "1", "maxwait_us": "250000"}, 1.25),
        ({**POOL, "maxwait": "0", "maxwait_us": "75"}, 0.000075),
        ({**POOL, "maxwait": "2"}, 2.0),
        ({**POOL, "maxwait": "0", "maxwait_us": "0", "pool_mode": "session", "load_balance_hosts": None}, 0.0),
    ],
)
def test_a_pool_is_read_by_the_names_of_its_columns(row: dict[str, str | None], seconds: float):
    assert shown(pools.families([row])) == {
        "pgbouncer_pools_client_active_connections june june": 3,
        "pgbouncer_pools_client_waiting_connections june june": 4,
        "pgbouncer_pools_server_active_connections june june": 2,
        "pgbouncer_pools_server_idle_connections june june": 0,
        "pgbouncer_pools_client_maxwait_seconds june june": seconds,
    }


def test_times_of_pgbouncer_are_seconds():
    row = {"database": "june", "total_wait_time": "1500000", "total_query_time": "1", "avg_wait_time": "7"}
    assert shown(stats.TOPIC.families([row])) == {
        "pgbouncer_stats_totals_client_wait_seconds_total june": 1.5,
        "pgbouncer_stats_totals_queries_duration_seconds_total june": 1e-6,
    }


@pytest.mark.parametrize("column", ["reserve_pool", "reserve_pool_size"])
def test_a_column_that_got_a_new_name_keeps_its_metric(column: str):
    row = {"name": "june", "host": None, "pool_size": "8", column: "1", "server_lifetime": "3600"}
    assert shown(databases.TOPIC.families([row])) == {
        "pgbouncer_databases_pool_size june": 8,
        "pgbouncer_databases_reserve_pool june": 1,
    }


def test_of_names_with_values_those_that_are_known_are_shown():
    assert shown(
        config.TOPIC.families([{"key": "max_client_conn", "value": "100"}, {"key": "conffile", "value": "x"}])
    ) == {"pgbouncer_config_max_client_connections": 100}
    assert shown(lists.TOPIC.families([{"list": "used_clients", "items": "3"}, {"list": "new", "items": "1"}])) == {
        "pgbouncer_used_clients": 3
    }
    assert shown(settings.TOPIC.families([{"name": "max_connections", "setting": "50"}])) == {
        "pg_settings_max_connections": 50
    }


def test_a_value_that_the_server_does_not_give_is_not_shown():
    rows = [
        {"datid": "0", "datname": None, "numbackends": None, "xact_commit": "0"},
        {"datid": "5", "datname": "june", "numbackends": "2", "xact_commit": "9"},
    ]
    assert shown(pg_databases.TOPIC.families(rows)) == {
        "pg_stat_database_numbackends 5 june": 2,
        "pg_stat_database_xact_commit 0": 0,
        "pg_stat_database_xact_commit 5 june": 9,
    }


NO_WAITS = dict.fromkeys(("datname", "state", "wait_event_type", "wait_event", "sessions"))


@pytest.mark.parametrize(
    "topic, row, visible",
    [
        (
            activity.TOPIC,
            {"datname": "june", "state": "idle", "sessions": "0", "longest": "0"},
            {"pg_stat_activity_count june idle": 0, "pg_stat_activity_max_tx_duration june idle": 0},
        ),
        (waits.TOPIC, NO_WAITS, {}),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
def test_sessions_that_are_hidden_are_not_said_to_be_none(
    topic: Topic, row: dict[str, str | None], visible: dict[str, float]
):
    with pytest.raises(Refused, match="GRANT pg_monitor"):
        topic.families([{**row, "hidden": "4"}])
    assert shown(topic.families([{**row, "hidden": "0"}])) == visible


def test_no_rows_are_no_families():
    for topic in (pools.TOPIC, stats.TOPIC, databases.TOPIC, activity.TOPIC, pg_databases.TOPIC):
        assert shown(topic.families([])) == {}
