"""One state folder, and so one Prometheus data directory, for all end-to-end tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.harness import Finished, Running, write_config


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def begin(home: Path, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start a run: `begin(*changes of the configuration, args=(…), report=…)`. None outlives its test."""
    started: list[Running] = []

    def start(*changes: dict[str, Any], args: tuple[str, ...] = (), report: bool = False) -> Running:
        output = tmp_path / "reports"
        output.mkdir(exist_ok=True)
        started.append(Running(home, output, write_config(tmp_path, *changes), *args, report=report))
        return started[-1]

    yield start
    for run in started:
        if not run.ended():
            run.process.kill()
            run.process.wait()


@pytest.fixture
def run(begin: Callable[..., Running]) -> Callable[..., Finished]:
    """A whole run, from its start to its end."""
    return lambda *changes, args=(), report=False: begin(*changes, args=args, report=report).finish()
