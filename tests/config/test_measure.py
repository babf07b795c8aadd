"""What is measured beside the load, and when a resource has given way, as the YAML says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadgen.config import Config, load_config
from loadgen.config.resources import ResourceSettings
from loadgen.resources import RESOURCES

FOLDER = Path(__file__).parent / "fixtures" / "good"


@pytest.fixture(scope="module")
def everything() -> Config:
    return load_config(FOLDER / "everything.yaml")


def test_a_word_a_list_and_none_are_read_alike(everything: Config) -> None:
    staging, stand_in = everything.targets["staging"].measure, everything.targets["stand_in"].measure
    assert staging.host == ("start", "june.example:9611")
    assert (stand_in.host, stand_in.gpu, stand_in.dbpool) == ((), ("start",), ("10.0.0.5:9613", "[::1]:9613"))


def test_files_are_looked_for_beside_the_configuration_and_may_come_later(everything: Config) -> None:
    measure = everything.targets["staging"].measure
    assert measure.processes["tts"].pid_file == str(FOLDER / "files/tts.pid")
    kind, dsn = measure.databases["june-pool"].dsn
    assert (kind, dsn.file) == ("pgbouncer", str(FOLDER / "files/pgbouncer.dsn"))
    assert not Path(dsn.file or "").exists()


def test_a_kind_that_is_switched_off_has_no_limit(everything: Config) -> None:
    record = everything.resources.record(1.0)
    assert (record.hold, record.limits["host_cpu"], record.limits["gpu_temperature"]) == (5.0, 0.8, 70.0)
    assert record.limits.keys() == RESOURCES.keys() - {"host_memory", "gpu_memory"}


def test_kinds_that_are_not_named_keep_the_limit_that_is_usual() -> None:
    limits = ResourceSettings.model_validate({"limits": {"host_cpu": "50%"}}).record(1.0).limits
    assert limits == {kind: resource.limit for kind, resource in RESOURCES.items()} | {"host_cpu": 0.5}


def test_the_shipped_june_is_measured_at_the_places_that_are_its_own_and_without_a_database() -> None:
    measure = load_config(FOLDER.parents[3] / "loadgen/config/load_test_config.yaml").targets["june"].measure
    places = {job: one.address.rpartition(":")[2] for job, one in measure.scrape.items()}
    assert places == {"gateway": "8000", "inference-api": "8001", "stt": "8002", "tts": "8003"}
    assert measure.processes.keys() == places.keys()
    assert measure.databases == {}
