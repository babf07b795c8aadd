"""Courses of something that may grow, seeded: noise that depends on itself, warm-ups, sawtooths, leaks, leaps.

Times and heights are relative: 1 is the length of the steady phase, and the growth that the bound allows in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

from loadgen.criteria.trend import BLOCKS, Trend, block_means, trend

SETTLE, POINTS = 0.3, 300
"""What does not count of the phase, as the configuration has it; and points, half as many as a run has, for speed."""
LENGTH = 1785.0
"""Seconds of the full sustained run's steady phase."""
BOUND = 3600 / LENGTH
"""Per hour: the growth of 1 in the phase."""

Course = Callable[[Random], Callable[[float], float]]
"""A seeded draw of a course: time in 0…1 → height."""


def flat() -> Course:
    return lambda random: lambda at: 0.0


def warm_up(height: float, constant: float) -> Course:
    return lambda random: lambda at: height * (1 - math.exp(-at / constant))


def sawtooth(height: float, period: float) -> Course:
    def drawn(random: Random) -> Callable[[float], float]:
        start = random.random()
        return lambda at: height * ((at / period + start) % 1)

    return drawn


def leap(height: float, when: float) -> Course:
    return lambda random: lambda at: height * (at >= when)


def leak(times: float) -> Course:
    """So many times the bound."""
    return lambda random: lambda at: times * at


def stairs(times: float, steps: int) -> Course:
    """A leak that comes in so many steps."""

    def drawn(random: Random) -> Callable[[float], float]:
        start = random.random()
        return lambda at: times / steps * math.floor(at * steps + start)

    return drawn


def late_leak(times: float, when: float) -> Course:
    return lambda random: lambda at: times * max(0.0, at - when)


def both(one: Course, other: Course) -> Course:
    def drawn(random: Random) -> Callable[[float], float]:
        first, second = one(random), other(random)
        return lambda at: first(at) + second(at)

    return drawn


def noise(random: Random, spread: float, memory: float, interval: float, count: int) -> list[float]:
    """An autoregressive course (AR(1)) with a standard deviation, forgetting with a time constant in seconds."""
    kept = math.exp(-interval / memory)
    fresh = spread * math.sqrt(1 - kept * kept)
    values = [random.gauss(0, spread)]
    while len(values) < count:
        values.append(kept * values[-1] + random.gauss(0, fresh))
    return values


def points(course: Course, random: Random, spread: float = 0.02, memory: float = 10.0) -> list[tuple[float, float]]:
    """What is judged of one draw, in seconds of the phase."""
    drawn, start = course(random), SETTLE * LENGTH
    interval = (LENGTH - start) / POINTS
    rest = noise(random, spread, memory, interval, POINTS)
    times = [start + place * interval for place in range(POINTS)]
    return [(at, 10 + drawn(at / LENGTH) + more) for at, more in zip(times, rest, strict=True)]


def judged(course: Course, random: Random, spread: float = 0.02, memory: float = 10.0) -> Trend:
    """The trend of one draw against the bound."""
    means = block_means(points(course, random, spread, memory), SETTLE * LENGTH, LENGTH, 4)
    assert means is not None
    return trend(means, (1 - SETTLE) * LENGTH / BLOCKS, BOUND, 0.95)
