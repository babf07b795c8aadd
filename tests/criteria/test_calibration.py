"""How often growth accuses, clears, and cannot tell: the table of docs/growth.md, made anew from seeded courses."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.growths import Course, both, flat, judged, late_leak, leak, leap, sawtooth, stairs, warm_up

PAGE = Path(__file__).resolve().parents[2] / "docs" / "growth.md"
DRAWS = 200
SPREAD, MEMORY = 0.02, 10.0

HARMLESS: dict[str, tuple[Course, float, float]] = {
    "flat": (flat(), SPREAD, MEMORY),
    "flat, noise 5 % with a memory of 60 s": (flat(), 0.05, 60.0),
    "flat, noise 20 % with a memory of 60 s": (flat(), 0.2, 60.0),
    "warm-up by 1, time constant 5 %": (warm_up(1, 0.05), SPREAD, MEMORY),
    "warm-up by 1, time constant 50 %": (warm_up(1, 0.5), SPREAD, MEMORY),
    "warm-up by 4, time constant 10 %": (warm_up(4, 0.1), SPREAD, MEMORY),
    "warm-up by 4, time constant 20 %": (warm_up(4, 0.2), SPREAD, MEMORY),
    "warm-up by 4, time constant 35 %": (warm_up(4, 0.35), SPREAD, MEMORY),
    "warm-up by 4, time constant 100 %": (warm_up(4, 1.0), SPREAD, MEMORY),
    "sawtooth of 0.3, period 1 %": (sawtooth(0.3, 0.01), SPREAD, MEMORY),
    "sawtooth of 1, period 10 %": (sawtooth(1, 0.1), SPREAD, MEMORY),
    "sawtooth of 1, period 40 %": (sawtooth(1, 0.4), SPREAD, MEMORY),
    "sawtooth of 1, period 70 %": (sawtooth(1, 0.7), SPREAD, MEMORY),
    "a single leap by 4, at 50 %": (leap(4, 0.5), SPREAD, MEMORY),
    "a single leap by 4, at 80 %": (leap(4, 0.8), SPREAD, MEMORY),
    "half of what is allowed": (leak(0.5), SPREAD, MEMORY),
    "four fifths of what is allowed": (leak(0.8), SPREAD, MEMORY),
}
LEAKS: dict[str, tuple[Course, float, float]] = {
    "leak of 1.5": (leak(1.5), SPREAD, MEMORY),
    "leak of 1.5, noise 10 % with a memory of 10 s": (leak(1.5), 0.1, MEMORY),
    "leak of 1.5, noise 10 % with a memory of 60 s": (leak(1.5), 0.1, 60.0),
    "leak of 3, noise 10 % with a memory of 60 s": (leak(3), 0.1, 60.0),
    "leak of 1.5 in 6 steps": (stairs(1.5, 6), SPREAD, MEMORY),
    "leak of 3 in 12 steps": (stairs(3, 12), SPREAD, MEMORY),
    "leak of 3 under a sawtooth of 0.3, period 10 %": (both(leak(3), sawtooth(0.3, 0.1)), SPREAD, MEMORY),
    "leak of 1.5 after a warm-up by 1, time constant 10 %": (both(leak(1.5), warm_up(1, 0.1)), SPREAD, MEMORY),
    "leak of 3 from 65 % on": (late_leak(3, 0.65), SPREAD, MEMORY),
}
HARD = {"leak of 1.5, noise 10 % with a memory of 60 s", "leak of 3 from 65 % on"}
"""These may be left open."""
WORDS = {True: "accused", False: "cleared", None: "not known"}


def shares(name: str) -> dict[str, float]:
    """Of all draws those that were accused, cleared, and left unknown."""
    course, spread, memory = (HARMLESS | LEAKS)[name]
    random = Random(name)
    found = [WORDS[judged(course, random, spread, memory).grows] for _ in range(DRAWS)]
    return {word: found.count(word) / DRAWS for word in WORDS.values()}


def row(name: str, found: dict[str, float]) -> str:
    cells = " | ".join(f"{100 * found[word]:g} %" for word in WORDS.values())
    return f"| {name} | {cells} |"


@pytest.mark.parametrize("name", [*HARMLESS, *LEAKS])
def test_what_is_accused_cleared_and_left_open_is_what_the_page_says(name):
    """After a wanted change: the rows that are asserted here go into the page."""
    found = shares(name)
    if name in HARMLESS:
        assert found["accused"] <= 0.05
    else:
        assert found["cleared"] <= 0.02
        assert found["accused"] >= 0.95 or name in HARD
    assert row(name, found) in PAGE.read_text().splitlines()
