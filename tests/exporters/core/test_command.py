"""The command line of every exporter: real processes, one clear line for what is wrong, and their ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from exporters.core.cli import exporter, names
from tests.exporter_process import COMMAND, ask, run_exporter, start_exporter
from tests.waiting import wait_until

QUICK = ("--collect", "clock")
"""Flags of a host exporter that does next to nothing."""


@pytest.mark.parametrize(
    "words, says",
    [
        ([], "NAME"),
        (["toaster"], "'toaster'"),
        (["host", "--what"], "--what"),
        (["host", "--lis", "127.0.0.1:0"], "--lis"),
        (["host", "--collect", "cpu", "toast"], "'toast'; there are "),
        (["host", "--no-collect", "toast"], "'toast'; there are "),
        (["host", *QUICK, "--no-collect", "clock"], "no collector is left"),
        (["host", "--listen", "9611"], "'9611' is not HOST:PORT"),
        (["host", "--listen", "127.0.0.1:70000"], "70000"),
        (["host", "--timeout", "soon"], "'soon' is not a number of seconds"),
        (["host", "--timeout", "0"], "'0'"),
        (["host", "--group", "june:cmdline=("], "june"),
    ],
)
def test_a_usage_error_is_code_3_and_one_line(words: list[str], says: str):
    ended = run_exporter(*words)
    assert ended.returncode == 3
    assert says in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert ended.stdout == ""


def test_a_port_that_is_taken_is_code_4_and_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = run_exporter("host", *QUICK, "--listen", address)
    assert ended.returncode == 4
    assert f"cannot listen on {address}: Address already in use" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("host", ["192.0.2.1", "ü..", os.fsdecode(b"\xff"), "no such host"])
def test_an_address_that_nobody_has_is_code_4_and_one_line(host: str):
    ended = run_exporter("host", *QUICK, "--listen", f"{host}:9611")
    assert (ended.returncode, ended.stderr.count("\n")) == (4, 1)
    assert "cannot listen on " in ended.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["dbpool", "postgres://june:Hun/ter2@host/june"],
        ["dbpool", "--dsn", "postgres://june:Hunter2@host/june"],
        ["dbpool", "--dsn=postgresql://june:Hun ter2@host/june"],
        ["dbpool", "--dsn", "host=h user=june password=Hunter2"],
        ["dbpool", "--postgresql", "a=env:postgres://june:Hunter2@host/june"],
        ["dbpool", "--postgresql", "a=env:host=h password='Hunter2 \\' x'"],
        ["dbpool", "--postgresql", "a=file:postgres://june:Hunter2@host/june"],
        ["dbpool", "--postgresql", "postgres://june:Hunter2@host/june"],
        ["dbpool", "--collect", "postgres://june:Hunter2@host/june"],
        ["dbpool", "--listen", "postgres://june:Hunter2@host/june"],
        ["postgres://june:Hunter2@host/june"],
    ],
)
def test_a_connection_string_given_by_mistake_is_not_repeated(words: list[str]):
    ended = run_exporter(*words)
    assert ended.returncode in (3, 4)
    assert ended.stderr.count("\n") == 1
    assert [part for part in ("Hun", "ter2", "x'") if part in ended.stdout + ended.stderr] == []


@pytest.mark.parametrize("name", names())
def test_the_help_of_each_exporter_says_where_it_listens(name: str):
    ended = run_exporter(name, "--help")
    assert ended.returncode == 0
    assert re.search(r"--listen HOST:PORT\s+default 127\.0\.0\.1:961\d", ended.stdout)


def test_each_exporter_has_a_port_and_a_prefix_of_its_own():
    found = [exporter(name) for name in names()]
    assert [each.name for each in found] == names()
    assert len({each.port for each in found}) == len({each.prefix for each in found}) == len(found)


def test_only_the_chosen_collectors_are_asked():
    with start_exporter("host", "--collect", "cpu", "loadavg") as (_, port):
        text = ask(port).text
    assert re.findall(r'success{collector="(\w+)"} (\d)', text) == [("cpu", "1"), ("loadavg", "1")]
    with start_exporter("host", "--no-collect", "cpu") as (_, port):
        text = ask(port).text
    assert "node_cpu" not in text
    assert "node_load1 " in text


def test_an_exporter_shows_what_it_uses_itself():
    with start_exporter("host", "--collect", "exporter") as (_, port):
        assert re.search(r"^process_resident_memory_bytes [1-9]", ask(port).text, re.MULTILINE)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once_and_cleanly(number: signal.Signals):
    with start_exporter("host") as (process, port):
        held = socket.create_connection(("127.0.0.1", port))
        assert ask(port).status == 200
        process.send_signal(number)
        assert process.wait(timeout=5) == 0
        assert "Traceback" not in ((process.stderr and process.stderr.read()) or "")
        held.close()


def test_it_ends_when_its_parent_is_gone():
    script = (
        "import os, subprocess, sys; sys.argv += ['--parent', str(os.getpid())];"
        "print(subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL).pid, flush=True)"
    )
    command = [sys.executable, "-c", script, *COMMAND, "host", *QUICK, "--listen", "127.0.0.1:0"]
    child = int(subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout)
    wait_until(lambda: not Path(f"/proc/{child}").exists(), 10, "the orphan ended")


def test_an_exporter_loads_no_code_of_another():
    script = "import sys; from exporters.core.cli import exporter; exporter('host'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"psycopg", "pynvml", "sqlalchemy", "pydantic", "exporters.dbpool", "exporters.gpu"}
