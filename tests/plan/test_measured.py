"""What a plan measures beside the load: what the YAML says, what the run brings itself, and where it is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from loadgen.config import Config, read_config
from loadgen.config.document import parse
from loadgen.model.measured import GENERATOR_ROLE, Measured, Scrape
from loadgen.plan import Endpoints, ExporterPorts, RunRequest, compile_plan
from loadgen.run.databases import dsn_file

PORTS = ExporterPorts(host=1, gpu=2, dbpool=3)
SIM = Endpoints(rest=8, llm=8, stt=8, tts=8, control=8)


def measured(config: Config, **request: Any) -> Measured:
    plan = compile_plan(config, RunRequest(exporters=PORTS, endpoints=SIM, **request), now_id="1")
    # A plan is a file before it is carried out.
    return msgspec.json.decode(msgspec.json.encode(plan), type=type(plan)).measured


def of(target: str, **measure: Any) -> Config:
    """A small configuration whose target is measured like this."""
    text = {
        "targets": {"it": {"kind": target, "token": "none", "measure": measure} | ({} if target == "sim" else {"rest": "http://a:80"})},
        "defaults": {"target": "it"},
        "shares": {"rest": 10},
        "operations": {"rest": {"chat": {"call": "chat", "weight": 1, "timeout": 5}}},
        "scenarios": {
            "smoke": {
                "purpose": "p", "users": 10, "spawn_rate": 1, "duration": 60, "shape": {"kind": "constant"},
                "criteria": ["latency"],
            }
        },
    }  # fmt: skip
    return read_config(parse(msgspec.json.encode(text), "small"), Path("/there"))


def own(found: Measured) -> dict[str, str]:
    return {scrape.job: scrape.address for scrape in found.scrapes if scrape.ours}


def test_the_stand_in_is_measured_without_a_word_in_the_yaml(shipped: Config) -> None:
    found = measured(shipped)
    assert own(found) == {"host": "127.0.0.1:1", "june": "127.0.0.1:8"}
    assert found.scrapes == tuple(Scrape(job=job, address=at, ours=True) for job, at in own(found).items())
    groups = {group.name: (group.role, group.match, group.pattern, group.cores) for group in found.groups}
    assert groups == {
        "sim": ("target", "pid_file", "pids/sim.pid", 1.0),
        "generator": ("generator", "pid_file", "pids/generator.pid", 1.0),
        "prometheus": ("generator", "pid_file", "pids/prometheus.pid", None),
        "telemetry": ("generator", "pid_file", "pids/telemetry.pid", None),
    }


def test_the_databases_of_the_stand_in_are_asked_with_the_dsns_that_their_starter_writes(shipped: Config) -> None:
    found = measured(shipped, target="sim-postgres")
    assert own(found) == {"host": "127.0.0.1:1", "dbpool": "127.0.0.1:3", "june": "127.0.0.1:8"}
    assert {group.name: group.cores for group in found.groups if group.role != GENERATOR_ROLE} == {
        "sim": 1.0,
        "postgres": None,
        "pgbouncer": 1.0,
    }
    work = Path("/work-folder")
    places = {str(work / database.dsn.removeprefix("file:")) for database in found.databases}
    assert places == {str(dsn_file(work, "postgresql")), str(dsn_file(work, "pgbouncer"))}


@pytest.mark.parametrize(
    "word, nvidia, started",
    [("auto", True, True), ("auto", False, False), ("start", False, True), ("none", True, False)],
)
def test_a_gpu_exporter_is_started_as_the_yaml_says_and_at_auto_only_where_there_is_a_driver(word, nvidia, started):
    assert ("gpu" in own(measured(of("june", gpu=word), nvidia=nvidia))) is started


def test_without_databases_nobody_asks_for_them() -> None:
    assert "dbpool" not in own(measured(of("june", dbpool="start")))
    assert "dbpool" in own(measured(of("june", databases={"june": {"postgresql": {"env": "DSN"}}})))


def test_exporters_that_run_elsewhere_are_scraped_and_carry_nothing_of_the_run() -> None:
    found = measured(of("june", host=["b:9611", "start"], gpu=["b:9612"], dbpool=["b:9613"]))
    theirs = [(scrape.job, scrape.address) for scrape in found.scrapes if not scrape.ours]
    assert theirs == [("host", "b:9611"), ("gpu", "b:9612"), ("dbpool", "b:9613")]
    assert own(found) == {"host": "127.0.0.1:1"}


def test_a_group_that_an_exporter_elsewhere_was_told_needs_nothing_but_its_name() -> None:
    found = measured(of("june", host=["b:9611"], processes={"gateway": {"cpu": 2}}))
    assert [(group.name, group.match, group.cores) for group in found.groups] == [("gateway", "", 2.0)]


def test_without_a_host_exporter_nothing_is_said_of_processes() -> None:
    assert measured(of("sim", host="none")).groups == ()


def test_every_worker_is_a_core_that_the_generator_can_use(shipped: Config) -> None:
    groups = {group.name: group for group in measured(shipped, workers=3).groups}
    assert groups["generator"].cores == 3.0


@pytest.mark.parametrize(
    "host, gateway, stt",
    [
        (None, "127.0.0.1:8000", "127.0.0.1:8002"),
        ("http://june.example:8080", "june.example:8080", "june.example:8002"),
        ("https://june.example", "june.example:8000", "june.example:8002"),
    ],
)
def test_a_target_on_another_host_is_measured_there(shipped: Config, host, gateway, stt) -> None:
    found = {scrape.job: scrape.address for scrape in measured(shipped, target="june", host=host).scrapes}
    assert (found["gateway"], found["stt"], found["host"]) == (gateway, stt, "127.0.0.1:1")


def test_of_a_secret_only_its_place_is_in_the_plan(everything: Config) -> None:
    dsns = {database.name: database.dsn for database in measured(everything).databases}
    file = Path(everything.file).resolve().parent / "files/pgbouncer.dsn"
    assert dsns == {"june": "env:JUNE_DB_DSN", "june-pool": f"file:{file}"}
