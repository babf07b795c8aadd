"""How often a comparison accuses, finds and clears: the first tables of docs/comparison.md, from seeded draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec import Struct
from msgspec.structs import replace

from loadgen.compare.compare import figures
from loadgen.compare.conclusion import conclusion
from loadgen.compare.estimates import Estimated, estimated
from loadgen.config.compare import CompareSettings
from loadgen.model.comparison import EXIT_NONE, IMPROVEMENT, P95, REGRESSION, Compared
from tests.compare.drawn import BLOCKS, OPERATIONS, PLAN, SLOWER, SUBJECTS, Drawn, Noise, counted, drawn, slowed

PAGE = Path(__file__).resolve().parents[2] / "docs" / "comparison.md"
SETTINGS = CompareSettings()
POOL = 60
"""Runs of a kind, from which the sides are drawn."""
ALARMS = {200: 17, 100: 10}
"""At most so many of so many: a binomial of 5 % stays at or below that in 98 % of all cases."""


Runs = list[Estimated]
Operations = dict[tuple[str, str], Drawn]


class Case(Struct, frozen=True, kw_only=True):
    """Comparisons of so many runs a side."""

    count: int
    draws: int = 100
    factor: float = 1.0
    """By which what has an LLM is slower."""
    noise: Noise = Noise(between=0.01, within=0.03)
    against: int = 0
    """Runs of the other side; 0 for as many."""
    phases: int = 1
    blocks: int = 0
    """Of a phase; 0 for those of 60 s."""
    promised: bool = True
    """Whether the runs differ by no more than is assumed of so few."""


LOUD = Noise(between=0.05, within=0.1, memory=0.8)
RESTLESS = Noise(between=0.01, within=0.1)
SAME: dict[str, Case] = {
    "5 against 5": Case(count=5, draws=200),
    "5 against 5, runs differ by 7 %": Case(count=5, noise=LOUD),
    "1 against 1": Case(count=1),
    "1 against 1, runs differ by 3 %": Case(count=1, noise=Noise(between=0.02, within=0.03)),
    "1 against 1, 300 s in ten phases, blocks differ by 10 %": Case(count=1, noise=RESTLESS, phases=10, blocks=6),
    "1 against 1, 100 s in ten phases, blocks differ by 10 %": Case(count=1, noise=RESTLESS, phases=10, blocks=2),
    "1 against 1, 25 s": Case(count=1, blocks=5),
    "1 against 1, runs differ by 7 %": Case(count=1, noise=LOUD, promised=False),
    "1 against 3, runs differ by 7 %": Case(count=1, against=3, noise=LOUD, promised=False),
    "2 against 2, runs differ by 7 %": Case(count=2, noise=LOUD, promised=False),
    "3 against 3, runs differ by 7 %": Case(count=3, noise=LOUD, promised=False),
}
WORSE: dict[str, Case] = {
    "5 against 5": Case(count=5, factor=1.2),
    "1 against 1": Case(count=1, factor=1.2),
}
"""Every operation slower by as much as is tolerated."""
SLOW: dict[str, Case] = {
    "5 against 5, 20 % slower": Case(count=5, draws=200, factor=1.2),
    "4 against 4, 20 % slower": Case(count=4, factor=1.2),
    "1 against 1, 20 % slower": Case(count=1, factor=1.2),
    "1 against 1, 50 % slower": Case(count=1, factor=1.5),
}
POWERFUL = "5 against 5, 20 % slower"


def comparisons(name: str, case: Case, slower: Operations = OPERATIONS) -> list[tuple[Compared, ...]]:
    """Of runs as they are with runs of what is slower."""
    random = np.random.default_rng(list(name.encode()))
    base = [one(random, OPERATIONS, case) for _ in range(POOL)]
    run = base if case.factor == 1.0 else [one(random, slower, case) for _ in range(POOL)]
    dealt = (sides(random, base, run, case) for _ in range(case.draws))
    return [figures(SUBJECTS, *both, SETTINGS)[1] for both in dealt]


def sides(random: np.random.Generator, base: Runs, run: Runs, case: Case) -> tuple[Runs, Runs]:
    """Two sides that have no run in common."""
    order = random.permutation(POOL)
    first, second = order[: case.count], order[case.count :][: case.against or case.count]
    return [base[k] for k in first], [run[k] for k in second]


def changed(compared: tuple[Compared, ...]) -> set[tuple[str, str, str]]:
    """What it calls a change."""
    return {
        (c.test_type, c.name, m.measure) for c in compared for m in c.measures if m.status in {REGRESSION, IMPROVEMENT}
    }


def cleared(found: list[tuple[Compared, ...]]) -> int:
    """How many end in 0."""
    return sum(conclusion(compared, SETTINGS)[0] == EXIT_NONE for compared in found)


def one(random: np.random.Generator, operations: Operations, case: Case) -> Estimated:
    found = drawn(random, operations, case.noise, (case.blocks or BLOCKS) * case.phases)
    return estimated(counted(found, phases=case.phases), PLAN.edges)


def share(found: list[set[tuple[str, str, str]]], *wanted: tuple[str, ...]) -> str:
    """Of all comparisons those with any of these changes."""
    hits = sum(any(change[: len(key)] == key for change in one for key in wanted) for one in found)
    return f"{100 * hits / len(found):g} %"


@pytest.mark.parametrize("name", SAME)
def test_two_of_the_same_thing_are_accused_as_seldom_and_cleared_as_often_as_the_page_says(name):
    found = comparisons(name, SAME[name])
    changes = list(map(changed, found))
    assert not SAME[name].promised or sum(map(bool, changes)) <= ALARMS[len(found)]
    row = f"| {name} | {share(changes, ())} | {100 * cleared(found) / len(found):g} % |"
    assert row in PAGE.read_text().splitlines()


def test_five_quiet_runs_against_five_of_the_same_thing_usually_end_in_0():
    found = comparisons("quiet", Case(count=5))
    assert cleared(found) >= 80


@pytest.mark.parametrize("name", WORSE)
def test_what_is_worse_by_as_much_as_is_tolerated_is_cleared_as_seldom_as_the_confidence_says(name):
    slower = {key: replace(o, mean=1.2 * o.mean) for key, o in OPERATIONS.items()}
    found = comparisons(f"{name}, all slower", WORSE[name], slower)
    assert cleared(found) <= ALARMS[len(found)]


@pytest.mark.parametrize("name", SLOW)
def test_what_became_slower_is_found_as_often_as_the_page_says_and_nothing_else_is(name):
    found = list(map(changed, comparisons(name, SLOW[name], slowed(SLOW[name].factor))))
    p95, either = share(found, ("rest", "llm_generate", P95)), share(found, ("rest", "llm_generate"))
    others = [{c for c in one if c[1] and c[:2] not in SLOWER} for one in found]
    assert sum(map(bool, others)) <= ALARMS[len(found)]
    assert name != POWERFUL or float(p95.split()[0]) >= 80
    rare = share(found, ("grpc", "llm_chat"))
    row = f"| {name} | {p95} | {either} | {rare} | {share(others, ())} |"
    assert row in PAGE.read_text().splitlines()
