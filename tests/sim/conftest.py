"""One stand-in for the tests of this room: quick, with constant service times, and as new before each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
import requests

from tests.sim_process import Sim, start_sim

QUICK = ("--spread", "0", "--service-times", '{"llm": 0.02, "embed": 0.01, "stt": 0.02, "tts": 0.02, "mock": 0.001}')
SLOW = ("--spread", "0", "--service-times", '{"llm": 600, "stt": 600, "tts": 600}')
"""Work that does not end by itself while a test looks at it."""


@pytest.fixture(scope="session")
def quick_sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    with start_sim(tmp_path_factory.mktemp("sim"), *QUICK) as sim:
        yield sim


@pytest.fixture
def sim(quick_sim: Sim) -> Sim:
    quick_sim.tell("reset")
    return quick_sim


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Sim]]:
    """Start a stand-in with arguments of the test's own; it ends with the test."""
    with ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(_started(tmp_path, *arguments))


def _started(folder: Path, *arguments: str) -> AbstractContextManager[Sim]:
    return start_sim(folder, *arguments)


@pytest.fixture(scope="session")
def slow_sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    with start_sim(tmp_path_factory.mktemp("slow"), *SLOW, "--capacity", '{"llm": 1}') as sim:
        yield sim


@pytest.fixture
def slow(slow_sim: Sim) -> Sim:
    slow_sim.tell("reset")
    return slow_sim


@pytest.fixture
def token(sim: Sim) -> dict[str, str]:
    """Headers of a user with a token."""
    answer = requests.post(f"{sim.rest}/auth/token", params={"user_id": "ann"}, timeout=5)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}
