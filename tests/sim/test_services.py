"""Slots are given in the order of asking, and service times depend on the seed alone."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Coroutine
from typing import Any

import pytest

from sim.failures import BackendDown
from sim.services import CAPACITY, SERVICE_TIMES, Services, ServiceTimes, Slots


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


async def turns() -> None:
    """Let everybody who can go on go on."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_slots_are_given_first_come_first_served() -> None:
    async def story() -> None:
        slots, order = Slots(1), []

        async def ask(name: int) -> None:
            await slots.acquire()
            order.append(name)

        await slots.acquire()
        waiting = [asyncio.create_task(ask(n)) for n in range(5)]
        await turns()
        assert (slots.in_use, slots.queue, order) == (1, 5, [])
        for _ in waiting:
            slots.release()
            await turns()
        assert order == [0, 1, 2, 3, 4]

    run(story())


def test_nobody_overtakes_the_queue() -> None:
    async def story() -> None:
        slots = Slots(1)
        await slots.acquire()
        first = asyncio.create_task(slots.acquire())
        await turns()
        slots.release()
        late = asyncio.create_task(slots.acquire())
        await turns()
        assert first.done()
        assert not late.done()
        late.cancel()

    run(story())


@pytest.mark.parametrize("after_its_turn", [False, True])
def test_a_call_that_is_cancelled_loses_no_slot(after_its_turn: bool) -> None:
    async def story() -> None:
        slots = Slots(1)
        await slots.acquire()
        waiting = [asyncio.create_task(slots.acquire()) for _ in range(2)]
        await turns()
        if after_its_turn:
            slots.release()  # the first has its turn but has not run yet
        waiting[0].cancel()
        await turns()
        if not after_its_turn:
            slots.release()
            await turns()
        assert waiting[1].done()
        assert (slots.in_use, slots.queue) == (1, 0)

    run(story())


def test_a_larger_limit_lets_in_those_who_wait() -> None:
    async def story() -> None:
        slots = Slots(1)
        waiting = [asyncio.create_task(slots.acquire()) for _ in range(4)]
        await turns()
        slots.resize(3)
        await turns()
        assert (sum(task.done() for task in waiting), slots.queue) == (3, 1)
        waiting[3].cancel()

    run(story())


def test_a_smaller_limit_waits_for_those_who_are_in() -> None:
    async def story() -> None:
        slots = Slots(2)
        await slots.acquire()
        await slots.acquire()
        slots.resize(1)
        late = asyncio.create_task(slots.acquire())
        slots.release()
        await turns()
        assert not late.done()
        slots.release()
        await turns()
        assert late.done()

    run(story())


def test_work_for_a_service_that_is_down_is_refused() -> None:
    async def story() -> None:
        services = Services(CAPACITY, ServiceTimes(1, SERVICE_TIMES, 0.3))
        services.down.add("llm")
        with pytest.raises(BackendDown):
            async with services.serving("rest:llm_generate", "llm"):
                pass
        async with services.serving("rest:tts_speak", "tts") as seconds:
            assert seconds > 0
        assert services.slots["tts"].in_use == 0

    run(story())


def draws(times: ServiceTimes, operation: str, number: int) -> list[float]:
    return [times.draw(operation, "llm") for _ in range(number)]


def test_the_same_seed_draws_the_same_times_whatever_else_is_drawn() -> None:
    one, two = (ServiceTimes(7, SERVICE_TIMES, 0.3) for _ in range(2))
    mixed = []
    for _ in range(10):
        mixed.append(one.draw("rest:llm_generate", "llm"))
        one.draw("grpc:llm_generate", "llm")
    assert mixed == draws(two, "rest:llm_generate", 10)


def test_another_seed_draws_other_times() -> None:
    one, two = ServiceTimes(1, SERVICE_TIMES, 0.3), ServiceTimes(2, SERVICE_TIMES, 0.3)
    assert draws(one, "grpc:llm_chat", 5) != draws(two, "grpc:llm_chat", 5)


def test_the_mean_is_the_one_asked_for() -> None:
    times = ServiceTimes(1, SERVICE_TIMES, 0.3)
    assert statistics.fmean(draws(times, "grpc:llm_chat", 20_000)) == pytest.approx(0.25, rel=0.02)


def test_without_spread_every_time_is_the_mean() -> None:
    assert set(draws(ServiceTimes(1, SERVICE_TIMES, 0), "grpc:llm_chat", 10)) == {0.25}
