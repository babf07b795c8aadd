"""A run's own processes listen where nobody else is looked for: what they show is never counted twice."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec import structs

from loadgen.config import load_config
from loadgen.plan import RunRequest
from loadgen.run import ports
from loadgen.run.assembly import Assembly
from loadgen.run.interrupt import Interrupt
from loadgen.run.options import Options, plan_of
from loadgen.run.ports import WELL_KNOWN, Ports, choose_ports
from loadgen.run.processes import Processes
from loadgen.terminal import Terminal
from tests.e2e.harness import write_config


@pytest.fixture(autouse=True)
def _all_free(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every well-known port can be had, whoever runs beside this test."""
    with ExitStack() as stack:
        monkeypatch.setattr(ports, "claim_port", lambda _: stack.enter_context(tempfile.TemporaryFile("w")))
        yield


def chosen(found: Ports) -> set[int]:
    own = (found.exporters.host, found.exporters.gpu, found.exporters.dbpool)
    return {found.prometheus, found.telemetry, found.locust, *own, *structs.asdict(found.sim).values()}


def test_the_well_known_ports_are_taken_where_nobody_needs_them():
    found, claims = choose_ports()
    assert set(WELL_KNOWN) <= chosen(found)
    assert len(claims) == len(WELL_KNOWN)


@pytest.mark.parametrize("here", ["127.0.0.1", "localhost", "[::1]", "127.9.9.9", "no-such-host.invalid"])
def test_no_port_is_chosen_at_which_somebody_else_is_scraped_on_this_machine(here):
    found, claims = choose_ports([f"{here}:{port}" for port in WELL_KNOWN])
    assert set(WELL_KNOWN).isdisjoint(chosen(found))
    assert claims == []


def test_what_is_scraped_on_another_machine_takes_no_port_here():
    found, _ = choose_ports([f"203.0.113.9:{port}" for port in WELL_KNOWN])
    assert set(WELL_KNOWN) <= chosen(found)


def test_a_run_leaves_the_ports_alone_that_its_configuration_has_scraped(tmp_path: Path):
    measure = {"host": ["start", "127.0.0.1:9611"], "scrape": {"gateway": {"address": "localhost:9612"}}}
    config = load_config(write_config(tmp_path, {"targets": {"sim": {"measure": measure}}}))
    options = Options(config=config, request=RunRequest(target="sim"), output=tmp_path)
    with Processes(tmp_path / "logs") as processes:
        assembly = Assembly(options, "20260102120000", tmp_path, tmp_path, processes, Interrupt(), Terminal())
        draft = assembly.draft()
    assert [scrape.address for scrape in draft.measured.scrapes if not scrape.ours] == [
        scrape.address for scrape in plan_of(options, "20260102120000").measured.scrapes if not scrape.ours
    ]
    own = {scrape.address for scrape in draft.measured.scrapes if scrape.ours}
    assert own.isdisjoint({"127.0.0.1:9611", "127.0.0.1:9612"})
    assert len(own) >= 2
