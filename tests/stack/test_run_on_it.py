"""A run on the stack that stands: it says so, brings its rules and targets, and takes them away again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loadgen.config import load_config
from loadgen.plan import RunRequest, compile_plan
from loadgen.rules.states import STATE
from loadgen.run.standing_prometheus import StandingPrometheus
from tests.alertmanager_process import need_alertmanager
from tests.e2e.harness import Running, only, write_config
from tests.stack_process import RunningStack, start_stack
from tests.waiting import wait_until

CHAT: dict[str, Any] = {"operations": only("rest", "chat"), "defaults": {"test_type": "rest"}}
LEFT_BY_A_KILLED_RUN = "quick-20200101000000"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    home = tmp_path_factory.mktemp("stack")
    with start_stack(home, write_config(home, CHAT)) as running:
        yield running


def begin(stack: RunningStack, config: Path) -> Running:
    output = stack.home / "reports"
    output.mkdir(exist_ok=True)
    return Running(stack.home, output, config)


def own_groups(stack: RunningStack, run_id: str) -> list[str]:
    return [group["name"] for group in stack.client.rules() if run_id in group["file"]]


def test_a_run_uses_the_stack_leaves_its_verdict_there_and_nothing_else(stack: RunningStack):
    folder = Path(stack.standing.folder)
    (folder / "runs" / f"{LEFT_BY_A_KILLED_RUN}.yml").write_text("groups: []\n")
    (folder / "targets" / f"{LEFT_BY_A_KILLED_RUN}.json").write_text("[]\n")
    running = begin(stack, stack.config)
    running.wait_for_load()
    work = running.work()
    assert work is not None
    run_id = f"quick-{work.name}"
    assert stack.files_of_runs() == [f"{run_id}.json", f"{run_id}.yml"]
    assert f"acceptance-{run_id}" in own_groups(stack, run_id)
    assert "prometheus" not in running.descendants()
    finished = running.finish()
    assert finished.code == 0, finished.output
    assert f"using the running stack: Prometheus {stack.client.version()} at {stack.standing.prometheus}" in (
        finished.output
    )
    assert finished.record.prometheus["started_by_us"] is False
    assert stack.files_of_runs() == []
    assert own_groups(stack, run_id) == []
    question = f'last_over_time({{__name__=~"loadtest_run_verdict|{STATE}", run_id="{run_id}"}}[5m])'
    found = stack.client.instant(question, time.time()).data["result"]
    values = {one["metric"]["__name__"]: (one["metric"].get("verdict"), one["value"][1]) for one in found}
    assert values == {"loadtest_run_verdict": ("PASS", "1"), STATE: (None, "11")}
    if stack.standing.alertmanager is not None:
        log = stack.home / "stack/alerts.log"
        wait_until(lambda: run_id in log.read_text(), 20, "the verdict's notification")


def test_a_run_waits_until_its_alerts_would_be_heard(stack: RunningStack, tmp_path: Path):
    """Prometheus 2.42 knows no Alertmanager for seconds after it was told to read its configuration."""
    need_alertmanager()
    plan = compile_plan(load_config(stack.config), RunRequest(), now_id="20260102120000")
    server = StandingPrometheus(stack.standing, stack.home, tmp_path)
    try:
        server.begin(plan, "127.0.0.1:9")
        wait_until(lambda: server.loaded(plan), 30, "the rules of the run")
        assert stack.client.alertmanagers() != ()
    finally:
        server.end()


def test_a_run_that_is_interrupted_takes_what_it_brought_along(stack: RunningStack):
    running = begin(stack, stack.config)
    wait_until(lambda: len(stack.files_of_runs()) == 2, 30, "rules and targets of the run")
    running.signal(signal.SIGINT)
    finished = running.finish()
    assert finished.code == 130, finished.output
    assert stack.files_of_runs() == []
    assert all("/runs/" not in group["file"] for group in stack.client.rules())


def test_a_prometheus_that_dies_under_a_run_makes_it_invalid_and_up_heals_it(stack: RunningStack, tmp_path: Path):
    long = write_config(tmp_path, CHAT, {"scenarios": {"quick": {"duration": "30s"}}})
    running = begin(stack, long)
    running.wait_for_load()
    os.kill(_prometheus(stack), signal.SIGKILL)
    finished = running.finish()
    assert finished.code == 2, finished.output
    assert "prometheus-lost" in {check.id for check in finished.verdict.validity if not check.ok}
    assert stack.files_of_runs() == []

    refused = stack.loadgen("run", "--config", str(stack.config), "--output-dir", str(stack.home / "refused"))
    assert refused.returncode == 4
    assert "`make up` starts it again" in refused.stderr
    assert list((stack.home / "refused").glob("*/*")) == []
    assert stack.up().returncode == 0
    assert stack.standing.dead() == ()

    other = write_config(tmp_path, CHAT, {"prometheus": {"scrape_interval": "500ms"}})
    for words in (("run", "--output-dir", str(stack.home / "refused")), ("doctor",)):
        refused = stack.loadgen(*words, "--config", str(other))
        assert refused.returncode == 4
        assert "the running stack scrapes every 1s and evaluates its rules every 1s" in refused.stderr
        assert "the run's configuration wants 500ms" in refused.stderr
    assert stack.files_of_runs() == []


def _prometheus(stack: RunningStack) -> int:
    process = stack.standing.process("prometheus")
    assert process is not None
    return process.pid
