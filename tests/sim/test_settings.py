"""The command line is read whole, or refused in one sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.faults import Fault
from sim.settings import UsageError, read_settings


@pytest.mark.parametrize(
    "arguments, reason",
    [
        (["--dance"], "unrecognized arguments: --dance"),
        (["--rest-port", "70000"], "argument --rest-port: '70000' is no whole number in 0…65535"),
        (["--profile", "bold"], "argument --profile: invalid choice: 'bold'"),
        (["--latency", "-1"], "argument --latency: '-1' is no number of 0 or more"),
        (["--error-rate", "2"], "error_rate 2.0 is not in 0…1"),
        (["--capacity", '{"nlp": 1}'], "argument --capacity: 'nlp' is not known; llm, stt, tts"),
        (["--capacity", "8"], "argument --capacity: Expected `object`, got `int`"),
        (["--service-times", '{"llm": -1}'], "argument --service-times: llm: -1.0 is below 0"),
        (["--faults", '{"operation": "rest:dance"}'], "operation 'rest:dance' is not known"),
        (["--cpu-time", "11"], "cpu_time 11.0 is not in 0…10"),
        (["--leak-memory", "1KiB"], "argument --leak-memory: '1KiB' is no whole number in 0…2147483648"),
        (["--leak-descriptors", "101"], "leak_descriptors 101 is not in 0…100"),
        (["--down", "nlp"], "argument --down: 'nlp' is no service; llm, stt, tts"),
        (["--dsn-env", "NO_SUCH_VARIABLE"], "--dsn-env: the environment has no NO_SUCH_VARIABLE"),
        (["--dsn-file", "/no/such/file"], "--dsn-file: "),
        (["--dsn-file", "x", "--dsn-env", "Y"], "--dsn-env and --dsn-file: one of them, please"),
    ],
)
def test_a_bad_argument_is_refused_with_what_was_found(arguments: list[str], reason: str) -> None:
    with pytest.raises(UsageError, match=re.escape(reason)):
        read_settings(arguments, {})


def test_the_defaults_are_junes_ports_on_loopback() -> None:
    settings = read_settings([], {})
    assert settings.host == "127.0.0.1"
    assert (settings.rest_port, settings.llm_port, settings.stt_port, settings.tts_port) == (8000, 50051, 50052, 50053)


def test_a_table_changes_only_what_it_names() -> None:
    settings = read_settings(["--capacity", '{"llm": 2}', "--service-times", '{"tts": 1}'], {})
    assert settings.capacity == {"llm": 2, "stt": 6, "tts": 5}
    assert settings.service_times["tts"] == 1
    assert settings.service_times["llm"] == 0.25


def test_general_faults_come_before_those_for_some_operations() -> None:
    settings = read_settings(["--latency", "0.1", "--faults", '{"operation": "rest", "error_every": 2}'], {})
    assert settings.faults == (Fault(latency=0.1), Fault(operation="rest", error_every=2))


def test_the_dsn_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "dsn"
    file.write_text("sqlite:///x.db\n")
    assert read_settings(["--dsn-file", str(file)], {}).dsn == "sqlite:///x.db"
    assert read_settings(["--dsn-env", "DSN"], {"DSN": "postgresql://y"}).dsn == "postgresql://y"
    assert read_settings([], {"DSN": "postgresql://y"}).dsn is None
