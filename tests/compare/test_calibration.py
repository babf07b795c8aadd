"""How often a comparison accuses and how often it finds: the first table of docs/comparison.md, from seeded draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec import Struct

from loadgen.compare.compare import figures
from loadgen.compare.estimates import Estimated, estimated
from loadgen.config.compare import CompareSettings
from loadgen.model.comparison import IMPROVEMENT, P95, REGRESSION
from tests.compare.drawn import PLAN, SLOWER, SUBJECTS, Noise, counted, drawn, slowed

PAGE = Path(__file__).resolve().parents[2] / "docs" / "comparison.md"
SETTINGS = CompareSettings()
POOL = 60
"""Runs of a kind, from which the sides are drawn."""
ALARMS = {200: 17, 100: 10}
"""At most so many of so many: a binomial of 5 % stays at or below that in 98 % of all cases."""


Runs = list[Estimated]


class Case(Struct, frozen=True, kw_only=True):
    """Comparisons of so many runs a side."""

    count: int
    draws: int = 100
    factor: float = 1.0
    """By which what has an LLM is slower."""
    noise: Noise = Noise(between=0.01, within=0.03)


LOUD = Noise(between=0.05, within=0.1, memory=0.8)
SAME: dict[str, Case] = {
    "5 against 5": Case(count=5, draws=200),
    "5 against 5, runs differ by 7 %": Case(count=5, noise=LOUD),
    "1 against 1": Case(count=1),
    "1 against 1, runs differ by 3 %": Case(count=1, noise=Noise(between=0.02, within=0.03)),
    "3 against 3, runs differ by 7 %": Case(count=3, noise=LOUD),
}
SLOW: dict[str, Case] = {
    "5 against 5, 20 % slower": Case(count=5, draws=200, factor=1.2),
    "4 against 4, 20 % slower": Case(count=4, factor=1.2),
    "1 against 1, 20 % slower": Case(count=1, factor=1.2),
    "1 against 1, 50 % slower": Case(count=1, factor=1.5),
}
POWERFUL = "5 against 5, 20 % slower"


def changes(name: str) -> list[set[tuple[str, str, str]]]:
    """Of each comparison what it calls a change."""
    case, random = (SAME | SLOW)[name], np.random.default_rng(list(name.encode()))
    base = [one(random, 1.0, case.noise) for _ in range(POOL)]
    run = base if case.factor == 1.0 else [one(random, case.factor, case.noise) for _ in range(POOL)]
    return [changed(*sides(random, base, run, case.count)) for _ in range(case.draws)]


def sides(random: np.random.Generator, base: Runs, run: Runs, count: int) -> tuple[Runs, Runs]:
    """Two sides that have no run in common."""
    first, second = random.permutation(POOL)[: 2 * count].reshape(2, count)
    return [base[k] for k in first], [run[k] for k in second]


def changed(base: Runs, run: Runs) -> set[tuple[str, str, str]]:
    compared = figures(SUBJECTS, base, run, SETTINGS)[1]
    return {
        (c.test_type, c.name, m.measure) for c in compared for m in c.measures if m.status in {REGRESSION, IMPROVEMENT}
    }


def one(random: np.random.Generator, factor: float, noise: Noise) -> Estimated:
    return estimated(counted(drawn(random, slowed(factor), noise)), PLAN.edges)


def share(found: list[set[tuple[str, str, str]]], *wanted: tuple[str, ...]) -> str:
    """Of all comparisons those with any of these changes."""
    hits = sum(any(change[: len(key)] == key for change in one for key in wanted) for one in found)
    return f"{100 * hits / len(found):g} %"


@pytest.mark.parametrize("name", SAME)
def test_two_of_the_same_thing_are_accused_as_seldom_as_the_page_says(name):
    found = changes(name)
    assert sum(map(bool, found)) <= ALARMS[len(found)]
    assert f"| {name} | {share(found, ())} |" in PAGE.read_text().splitlines()


@pytest.mark.parametrize("name", SLOW)
def test_what_became_slower_is_found_as_often_as_the_page_says_and_nothing_else_is(name):
    found = changes(name)
    p95, either = share(found, ("rest", "llm_generate", P95)), share(found, ("rest", "llm_generate"))
    others = [{c for c in one if c[1] and c[:2] not in SLOWER} for one in found]
    assert sum(map(bool, others)) <= ALARMS[len(found)]
    assert name != POWERFUL or float(p95.split()[0]) >= 80
    rare = share(found, ("grpc", "llm_chat"))
    row = f"| {name} | {p95} | {either} | {rare} | {share(others, ())} |"
    assert row in PAGE.read_text().splitlines()
