"""The Prometheus that was named is looked at first; the stack counts only when it is the one that was named."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from loadgen.run import servers, standing_prometheus
from loadgen.run.errors import EnvironmentFault
from loadgen.run.standing import COMPOSE, NATIVE, STATE_FILE, StackProcess, Standing
from loadgen.run.standing_prometheus import StandingPrometheus
from loadgen.storage import save
from tests.prometheus_process import free_port
from tests.small_plan import small_plan

PLAN: Any = small_plan()
GONE = StackProcess(role="prometheus", pid=2**22 + 1, created=1.0)


class Stub:
    """Stands for a kind of server, and remembers which URL or stack it was made for."""

    def __init__(self, what: Any, *_: Any) -> None:
        self.what = what


class Foreign(Stub):
    """For somebody else's."""


class Ours(Stub):
    """For the stack's."""


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(servers, "ForeignPrometheus", Foreign)
    monkeypatch.setattr(servers, "StandingPrometheus", Ours)
    monkeypatch.setattr(servers, "_whole", lambda *_: None)

    def choose(url: str, **stack: Any) -> Any:
        if stack:
            fields = {"kind": NATIVE, "folder": str(tmp_path), "started": 1.0} | stack
            save(tmp_path / STATE_FILE, Standing(**fields))
        options: Any = SimpleNamespace(prometheus=url)
        nothing: Any = SimpleNamespace(telemetry=9646, prometheus=9090)
        return servers.choose_server(options, PLAN, nothing, tmp_path, tmp_path, nothing)

    return choose


@pytest.mark.parametrize(
    "stack", [{"processes": (GONE,)}, {"kind": COMPOSE, "folder": "/nowhere/at/all"}], ids=["dead", "in containers"]
)
def test_a_stack_that_is_of_no_use_does_not_keep_a_run_from_the_one_that_was_named(choose, stack):
    found = choose("http://127.0.0.1:9999", prometheus="http://127.0.0.1:9090", **stack)
    assert isinstance(found, Foreign)
    assert found.what == "http://127.0.0.1:9999"


def test_an_unreadable_state_file_does_not_either(choose, tmp_path: Path):
    (tmp_path / STATE_FILE).write_text("{")
    assert isinstance(choose("http://127.0.0.1:9999"), Foreign)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9090", "http://localhost:9090/"])
def test_the_stacks_own_is_no_foreign_one_however_it_is_called(choose, url: str):
    assert isinstance(choose(url, prometheus="http://127.0.0.1:9090"), Ours)


def test_of_the_stacks_own_that_has_ended_it_is_said_so_unless_another_took_its_place(
    choose, monkeypatch: pytest.MonkeyPatch
):
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(EnvironmentFault, match="`make up` starts it again"):
        choose(url, prometheus=url, processes=(GONE,))
    monkeypatch.setattr(servers.Prometheus, "ready", lambda _: True)
    assert isinstance(choose(url, prometheus=url, processes=(GONE,)), Foreign)


@pytest.mark.parametrize(
    "scrapes, evaluates, wanted, fits",
    [
        ("1s500ms", "1500ms", 1.5, True),
        ("1m", "1m", 60.0, True),
        ("1s", "1s", 1.0, True),
        ("1s", "15s", 1.0, False),
        ("1m", "1m", 1.0, False),
    ],
)
def test_intervals_are_compared_as_seconds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, scrapes: str, evaluates: str, wanted: float, fits: bool
):
    told = f"global:\n  scrape_interval: {scrapes}\n  evaluation_interval: {evaluates}\n"
    client = SimpleNamespace(version=lambda: "2.42.0", configuration=lambda: told)
    monkeypatch.setattr(standing_prometheus, "Prometheus", lambda _: client)
    standing = Standing(kind=NATIVE, prometheus="http://127.0.0.1:9090", folder=str(tmp_path), started=1.0)
    server, plan = StandingPrometheus(standing, tmp_path, tmp_path), small_plan(scrape_interval=wanted)
    if fits:
        server.check(plan)
        return
    with pytest.raises(EnvironmentFault, match=f"scrapes every {scrapes} and evaluates its rules every {evaluates}"):
        server.check(plan)
