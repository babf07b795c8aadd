"""What is said before the load of everything that is measured beside it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from loadgen.model.measured import Measured, ProcessGroup, Scrape
from loadgen.run.exporter_checks import Sample, exporter_findings, samples
from loadgen.run.home import free_ports
from loadgen.run.interrupt import Interrupt
from loadgen.run.surroundings import OK, WARNING, Finding
from tests.small_plan import small_plan

TEXT = """# HELP node_load1 1m load average.
# TYPE node_load1 gauge
node_load1 0.5
node_scrape_collector_success{collector="cpu"} 1
node_scrape_collector_success{collector="netdev"} 0
node_scrape_collector_absent{collector="pressure",reason="not_here"} 1
namedprocess_namegroup_num_procs{groupname="gateway"} 0
namedprocess_namegroup_num_procs{groupname="stt"} 2
pg_up{server="june"} 0
pgbouncer_up{server="pool"} 1
"""


@contextmanager
def serving(text: str, status: int = 200) -> Iterator[str]:
    """A real server that answers every path with this text; its `host:port`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def found(*scrapes: Scrape, **more: Any) -> list[Finding]:
    with Interrupt() as interrupt:
        return exporter_findings(small_plan(measured=Measured(scrapes=scrapes, **more)), [], interrupt)


def test_what_answers_is_fine_and_what_is_absent_is_named_with_its_reason() -> None:
    with serving(TEXT) as address:
        first, *rest = found(Scrape(job="host", address=address))
    assert (first.name, first.state) == ("host exporter", OK)
    assert first.text.endswith("not on this machine: pressure (not_here)")
    assert [(one.state, "netdev" in one.text) for one in rest] == [(WARNING, True)]


def test_a_group_without_a_process_is_a_warning_with_what_it_was_looked_for_by() -> None:
    groups = [
        ProcessGroup(name=name, role=role, match=match, pattern="main.py")
        for name, role, match in (
            ("gateway", "target", "cmdline"), ("stt", "target", "name"), ("tts", "target", "name"),
            ("generator", "generator", "pid_file"), ("far", "target", ""),
        )
    ]  # fmt: skip
    with serving(TEXT) as address:
        texts = [one.text for one in found(Scrape(job="host", address=address, ours=True), groups=tuple(groups))]
    named = [text.split()[6] for text in texts if text.startswith("no process is in the group")]
    assert named == ["gateway", "tts"]
    assert "cmdline: main.py" in " ".join(texts)


def test_a_database_that_does_not_let_the_exporter_in_is_a_warning() -> None:
    with serving(TEXT) as address:
        texts = [one.text for one in found(Scrape(job="dbpool", address=address)) if one.state == WARNING]
    assert [("june" in text, "pool" in text) for text in texts if "_up" in text] == [(True, False)]


@pytest.mark.parametrize("status", [404, 500])
def test_an_endpoint_without_metrics_is_a_warning(status: int) -> None:
    with serving("sorry", status) as address:
        (finding,) = found(Scrape(job="gateway", address=address, path="/gateway/metrics"))
    assert (finding.name, finding.state) == ("metrics of gateway", WARNING)
    assert f"http://{address}/gateway/metrics does not answer (status {status})" in finding.text


def test_nobody_there_is_a_warning_that_says_how_to_mend_it() -> None:
    (port,) = free_ports(1)
    (finding,) = found(Scrape(job="stt", address=f"127.0.0.1:{port}"))
    assert finding.state == WARNING
    assert "Connection refused" in finding.text
    assert "measure:" in finding.text


def test_a_plan_that_measures_nothing_has_nothing_to_tell() -> None:
    assert found() == []


@pytest.mark.parametrize(
    "line, sample",
    [
        ("a 1", Sample("a", {}, 1.0)),
        ('a{b="c d",e="f\\"}"} 2e3 1700000000000', Sample("a", {"b": "c d", "e": 'f\\"}'}, 2000.0)),
        ("a NaN no number", None),
        ("# a comment 1", None),
        ("a{b=} x", None),
    ],
)
def test_samples_are_read_and_what_is_none_is_passed_over(line: str, sample: Sample | None) -> None:
    read = [one for one in samples(f"{line}\n") if one.value == one.value]
    assert read == ([sample] if sample else [])
