"""What operations cost: processor time, and what is never given back."""

from __future__ import annotations

import gc
from collections.abc import Callable

import psutil
import pytest
import requests

from sim.costs import Costs, Toll
from tests.june_calls import GENERATE, prompt, unary
from tests.sim_process import Sim
from tests.waiting import wait_until

MIB = 2**20


def speak(sim: Sim) -> int:
    return requests.post(f"{sim.rest}/api/v1/tts/speak", json={"text": "x"}, timeout=10).status_code


def cpu(sim: Sim) -> float:
    times = psutil.Process(sim.process.pid).cpu_times()
    return float(times.user + times.system)


def test_processor_time_is_burnt_for_each_operation(sim: Sim) -> None:
    before = cpu(sim)
    sim.tell("costs", cpu_time=0.1)
    assert [speak(sim) for _ in range(3)] == [200] * 3
    unary(sim, GENERATE, prompt())
    assert cpu(sim) - before >= 0.4 - 0.03  # the kernel counts in hundredths


def test_memory_and_descriptors_stay_with_the_process_until_it_is_reset(sim: Sim) -> None:
    process = psutil.Process(sim.process.pid)
    resident, descriptors = process.memory_info().rss, process.num_fds()
    sim.tell("costs", leak_memory=8 * MIB, leak_descriptors=5)
    assert [speak(sim) for _ in range(4)] == [200] * 4
    assert sim.state()["leaked"] == {"memory": 32 * MIB, "descriptors": 20}
    assert process.memory_info().rss - resident >= 30 * MIB
    assert process.num_fds() - descriptors >= 20
    sim.tell("reset")
    assert sim.state()["leaked"] == {"memory": 0, "descriptors": 0}
    wait_until(lambda: process.num_fds() < descriptors + 20, 5, "descriptors given back")


def test_what_a_client_needs_first_costs_nothing(sim: Sim) -> None:
    sim.tell("costs", leak_memory=1)
    requests.get(f"{sim.rest}/health", timeout=5)
    requests.post(f"{sim.rest}/auth/token", timeout=5)
    assert sim.state()["leaked"]["memory"] == 0
    speak(sim)
    assert sim.state()["leaked"]["memory"] == 1


def test_the_command_line_says_what_reset_goes_back_to(start: Callable[..., Sim]) -> None:
    sim = start("--query-time", "0.01", "--cpu-time", "0.002", "--leak-memory", "3", "--leak-descriptors", "1")
    told = {"query_time": 0.01, "cpu_time": 0.002, "leak_memory": 3, "leak_descriptors": 1}
    assert sim.state()["costs"] == told
    assert sim.tell("costs")["costs"] == {"query_time": 0, "cpu_time": 0, "leak_memory": 0, "leak_descriptors": 0}
    assert sim.tell("reset")["costs"] == told


@pytest.mark.parametrize(
    "costs, reason",
    [
        ({"cpu_time": -1}, "cpu_time -1.0 is not in 0…10"),
        ({"query_time": 3601}, "query_time 3601.0 is not in 0…3600"),
        ({"leak_memory": 2**31}, "leak_memory 2147483648 is not in 0…1073741824"),
        ({"leak": 1}, "Object contains unknown field `leak`"),
    ],
)
def test_a_cost_that_cannot_be_is_refused_and_changes_nothing(sim: Sim, costs: dict[str, float], reason: str) -> None:
    answer = requests.post(f"{sim.control}/costs", json=costs, timeout=5)
    assert (answer.status_code, answer.json()) == (400, {"detail": reason})
    assert set(sim.state()["costs"].values()) == {0}


def test_leaked_memory_is_really_there() -> None:
    gc.collect()
    process = psutil.Process()
    toll = Toll(Costs(leak_memory=16 * MIB))
    before = process.memory_info().rss
    toll.take()
    assert process.memory_info().rss - before >= 15 * MIB
