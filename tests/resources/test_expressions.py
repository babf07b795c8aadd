"""The PromQL of every kind, asked of the real promtool: at the limit, just below it, with nobody waiting, without data.

Every case stands beside the same series of another run, all in use, which must not be seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec import Struct

from loadgen.catalogue.promql import number, selector
from loadgen.resources import RESOURCES
from loadgen.rules.promtool import input_series, query, rule_test_file
from tests.measured_plan import DBPOOL_AT, GPU_AT, HOST_AT, HOSTILE, JUNE_AT, measured_plan
from tests.promtool import promtool, put

PLAN = measured_plan()
AT = 20
"""Seconds at which is asked; every series has a sample a second until then."""

GI = 2.0**30


class Case(Struct):
    """`series`: by metric and labels a gauge's value, or a counter's growth a second; see COUNTERS.

    `use`, `waiting`: by labels what must be answered.
    """

    kind: str
    law: str
    where: Mapping[str, str]
    series: list[tuple[str, Mapping[str, str], float]]
    use: list[tuple[Mapping[str, str], float]]
    waiting: list[tuple[Mapping[str, str], float]] | None = None


COUNTERS = ("node_cpu_seconds_total", "container_cpu_usage_seconds_total", "namedprocess_namegroup_cpu_seconds_total")

HOST = {"job": "host", "instance": HOST_AT, "run_id": PLAN.run_id}
GPU = {"job": "gpu", "instance": GPU_AT, "run_id": PLAN.run_id}
DBPOOL = {"job": "dbpool", "instance": DBPOOL_AT, "run_id": PLAN.run_id}
JUNE = {"job": "june", "instance": JUNE_AT, "run_id": PLAN.run_id}


def cpus(idle: float, iowait: float, user: float, steal: float) -> list[tuple[str, Mapping[str, str], float]]:
    modes = {"idle": idle, "iowait": iowait, "user": user, "steal": steal}
    return [("node_cpu_seconds_total", {"cpu": cpu, "mode": m}, v) for cpu in ("0", "1") for m, v in modes.items()]


def group(name: str, user: float, system: float, processes: int = 1, cores: float | None = None) -> list:
    prefix, labels = "namedprocess_namegroup_", {"groupname": name}
    limit = [] if cores is None else [(f"{prefix}cpu_limit_cores", labels, cores)]
    return [
        (f"{prefix}cpu_seconds_total", labels | {"mode": "user"}, user),
        (f"{prefix}cpu_seconds_total", labels | {"mode": "system"}, system),
        (f"{prefix}num_procs", labels, processes),
        *limit,
    ]


def descriptors(name: str, share: float, processes: int = 1) -> list:
    labels = {"groupname": name}
    return [
        ("namedprocess_namegroup_worst_fd_ratio", labels, share),
        ("namedprocess_namegroup_num_procs", labels, processes),
    ]


def container(quota: float | None, used: float) -> list:
    here = {"id": "/"}
    limit = [] if quota is None else [("container_spec_cpu_quota", here, quota)]
    return [
        ("container_cpu_usage_seconds_total", here | {"cpu": "total"}, used),
        ("container_cpu_usage_seconds_total", {"id": "/inner", "cpu": "total"}, 9.0),
        ("container_spec_cpu_period", here, 100_000),
        *limit,
    ]


def pool(used: int, most: int, waiting: int | None, name: str = HOSTILE) -> list:
    labels = {"db_client_connection_pool_name": name}
    queue = [] if waiting is None else [("db_client_connection_pending_requests", labels, waiting)]
    return [
        ("db_client_connection_count", labels | {"db_client_connection_state": "used"}, used),
        ("db_client_connection_count", labels | {"db_client_connection_state": "idle"}, most - used),
        ("db_client_connection_max", labels, most),
        *queue,
    ]


def slots(service: str, used: int, limit: int, queue: int) -> list:
    labels = {"service": service}
    return [
        ("sim_service_slots_in_use", labels, used),
        ("sim_service_slots_limit", labels, limit),
        ("sim_service_queue", labels, queue),
    ]


def bouncer(active: int, testing: int, idle: int, waiting: int, database: str = "june", size: int = 4) -> list:
    labels = {"server": "bouncer", "database": database, "user": "june"}
    prefix = "pgbouncer_pools_"
    named = {"server": "bouncer", "name": database, "host": "127.0.0.1", "database": "another"}
    return [
        (f"{prefix}server_active_connections", labels, active),
        (f"{prefix}server_testing_connections", labels, testing),
        (f"{prefix}server_idle_connections", labels, idle),
        (f"{prefix}client_waiting_connections", labels, waiting),
        ("pgbouncer_databases_pool_size", named, size),
    ]


def connections(active: int, idle: int, most: int = 100) -> list:
    labels = {"server": "pg"}
    return [
        ("pg_stat_activity_count", labels | {"datname": "june", "state": "active"}, active),
        ("pg_stat_activity_count", labels | {"datname": "other", "state": "idle"}, idle),
        ("pg_settings_max_connections", labels, most),
    ]


def memory(used: float, reserved: float | None) -> list:
    labels = {"uuid": "GPU-1"}
    kept = [] if reserved is None else [("gpu_memory_reserved_bytes", labels, reserved)]
    return [("gpu_memory_used_bytes", labels, used), ("gpu_memory_total_bytes", labels, 16 * GI), *kept]


POOL = {"db_client_connection_pool_name": HOSTILE}
LLM = {"service": "llm"}
BOUNCER = {"server": "bouncer", "database": "june", "user": "june"}
PG, GPU_1 = {"server": "pg"}, {"uuid": "GPU-1"}

CASES = [
    Case("host_cpu", "all in use", HOST, cpus(0, 0, 1, 0), [({}, 1.0)]),
    Case(
        "host_cpu", "time taken away is used, waiting for a disk is idle", HOST, cpus(0.5, 0.25, 0, 0.25), [({}, 0.25)]
    ),
    Case("host_cpu", "in a slow second the share is the same", HOST, cpus(0.25, 0, 0.25, 0), [({}, 0.5)]),
    Case("container_cpu", "of one core and a half", HOST, container(150_000, 0.75), [({}, 0.5)]),
    Case("container_cpu", "nothing without a quota", HOST, container(None, 0.75), []),
    Case(
        "process_cpu", "of the plan's cores", HOST, group(HOSTILE, 1.5, 0.25, 1, 64), [({"groupname": HOSTILE}, 0.875)]
    ),
    Case(
        "process_cpu", "of the reported cores", HOST, group("free", 0.75, 0.25, 3, 4), [({"groupname": "free"}, 0.25)]
    ),
    Case("process_cpu", "nothing without known cores", HOST, group("free", 0.75, 0.25), []),
    Case("process_cpu", "nothing while no process is there", HOST, group(HOSTILE, 0, 0, 0), []),
    Case("process_cpu", "no group of somebody else", HOST, group("stranger", 1, 0, 1, 1), []),
    Case(
        "host_memory",
        "what is not available",
        HOST,
        [("node_memory_MemAvailable_bytes", {}, 4 * GI), ("node_memory_MemTotal_bytes", {}, 16 * GI)],
        [({}, 0.75)],
    ),
    Case(
        "container_memory",
        "the working set of the limit",
        HOST,
        [
            ("container_memory_working_set_bytes", {"id": "/"}, 3 * GI),
            ("container_memory_working_set_bytes", {"id": "/inner"}, 9 * GI),
            ("container_spec_memory_limit_bytes", {"id": "/"}, 4 * GI),
        ],
        [({}, 0.75)],
    ),
    Case("container_memory", "none", HOST, [("container_memory_working_set_bytes", {"id": "/"}, 3 * GI)], []),
    Case("process_descriptors", "worst", HOST, descriptors(HOSTILE, 0.75), [({"groupname": HOSTILE}, 0.75)]),
    Case("process_descriptors", "nothing while no process is there", HOST, descriptors(HOSTILE, 0.75, 0), []),
    Case("process_descriptors", "no group of somebody else", HOST, descriptors("stranger", 1.0), []),
    Case("application_pool", "full, with waiting", JUNE, pool(8, 8, 3), [(POOL, 1.0)], [(POOL, 3)]),
    Case("application_pool", "full, with nobody waiting", JUNE, pool(8, 8, 0), [(POOL, 1.0)], [(POOL, 0)]),
    Case("application_pool", "just below", JUNE, pool(7, 8, 2), [(POOL, 0.875)], [(POOL, 2)]),
    Case("application_pool", "nobody says who waits", JUNE, pool(8, 8, None), [(POOL, 1.0)], []),
    Case("service_slots", "full, with a queue", JUNE, slots("llm", 8, 8, 5), [(LLM, 1.0)], [(LLM, 5)]),
    Case("service_slots", "full, without a queue", JUNE, slots("llm", 8, 8, 0), [(LLM, 1.0)], [(LLM, 0)]),
    Case("service_slots", "just below", JUNE, slots("llm", 7, 8, 0), [(LLM, 0.875)], [(LLM, 0)]),
    Case("pgbouncer_pool", "full, with waiting", DBPOOL, bouncer(4, 0, 0, 6), [(BOUNCER, 1.0)], [(BOUNCER, 6)]),
    Case("pgbouncer_pool", "full, with nobody waiting", DBPOOL, bouncer(4, 0, 0, 0), [(BOUNCER, 1.0)], [(BOUNCER, 0)]),
    Case("pgbouncer_pool", "made ready is in use", DBPOOL, bouncer(3, 1, 0, 2), [(BOUNCER, 1.0)], [(BOUNCER, 2)]),
    Case("pgbouncer_pool", "just below", DBPOOL, bouncer(3, 0, 1, 0), [(BOUNCER, 0.75)], [(BOUNCER, 0)]),
    Case("pgbouncer_pool", "the console is no pool", DBPOOL, bouncer(1, 0, 0, 1, "pgbouncer", 2), [], []),
    Case("database_connections", "in every state", DBPOOL, connections(25, 50), [(PG, 0.75)]),
    Case("gpu_utilization", "as it is", GPU, [("gpu_utilization_ratio", GPU_1, 0.95)], [(GPU_1, 0.95)]),
    Case("gpu_memory", "reserved is taken too", GPU, memory(11 * GI, GI), [(GPU_1, 0.75)]),
    Case("gpu_memory", "without a word on reserved", GPU, memory(12 * GI, None), [(GPU_1, 0.75)]),
    Case("gpu_temperature", "as it is", GPU, [("gpu_temperature_celsius", GPU_1, 85.0)], [(GPU_1, 85.0)]),
]


def fed(case: Case) -> dict[str, tuple[float | None, ...]]:
    """The case's series, and those of another run on another port."""
    fed: dict[str, tuple[float | None, ...]] = {}
    for metric, labels, value in case.series:
        counted = metric in COUNTERS
        own = tuple(value * second if counted else value for second in range(AT + 1))
        other = {**case.where, "run_id": "of-another-run", "instance": "127.0.0.1:1"}
        fed[selector(metric, labels | case.where)] = own
        fed[selector(metric, labels | other)] = tuple(second if counted else 1.0 for second in range(AT + 1))
    return fed


def asked(expression: str, where: Mapping[str, str], expected: list[tuple[Mapping[str, str], float]]) -> list[dict]:
    """Exactly these labels are answered, and each value is right to a billionth."""
    instance = {"instance": where["instance"]}
    there = [{"labels": selector("", instance | labels), "value": 1} for labels, _ in expected]
    queries = [query(f"({expression}) * 0 + 1", AT, there)]
    for labels, value in expected:
        right = f"abs(({expression}) - {number(value)}) < bool 1e-9"
        queries.append(query(right, AT, [{"labels": selector("", instance | labels), "value": 1}]))
    return queries


def as_promtool(case: Case) -> dict:
    """The case as promtool takes it."""
    kind = RESOURCES[case.kind]
    queries = asked(kind.use(PLAN) or "", case.where, case.use)
    if case.waiting is not None and kind.waiting is not None:
        queries += asked(kind.waiting(PLAN), case.where, case.waiting)
    series = input_series(fed(case))
    return {"name": f"{case.kind}: {case.law}", "interval": "1s", "input_series": series, "promql_expr_test": queries}


@pytest.mark.parametrize("kind", sorted(RESOURCES))
def test_a_kind_measures_what_it_says_and_only_this_runs_own(kind: str, tmp_path: Path):
    cases = [case for case in CASES if case.kind == kind]
    assert any(case.use for case in cases)
    put({"tests.yml": rule_test_file([as_promtool(case) for case in cases], [], "")}, tmp_path)
    promtool("test", "rules", "tests.yml", folder=tmp_path)


def test_a_kind_for_which_somebody_waits_is_tried_without_anybody_waiting():
    for kind in RESOURCES.values():
        waits = [case.waiting for case in CASES if case.kind == kind.kind]
        if kind.waiting is not None:
            assert any(value == 0 for queue in waits for _, value in queue or ())


def test_without_data_nothing_is_measured(tmp_path: Path):
    expressions = [e for kind in RESOURCES.values() for e in (kind.use(PLAN), kind.waiting and kind.waiting(PLAN)) if e]
    nothing = {"name": "nothing", "interval": "1s", "input_series": [], "promql_expr_test": []}
    nothing["promql_expr_test"] = [query(expression, AT, []) for expression in expressions]
    put({"tests.yml": rule_test_file([nothing], [], "")}, tmp_path)
    promtool("test", "rules", "tests.yml", folder=tmp_path)
