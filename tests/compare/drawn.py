"""Runs drawn by chance: what they counted in blocks of time, and whole records of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from scipy.special import ndtr

from loadgen.compare.estimates import Counted, Integers
from loadgen.compare.subjects import Subject, subjects
from loadgen.model.evidence import Blocks, Series
from loadgen.model.plan import Plan
from loadgen.model.run import Run
from loadgen.model.verdict import PASS, Verdict
from tests.plans import example_plan
from tests.runs import STARTED, evidence, record
from tests.small_plan import operation

SPREAD = 0.3
"""Standard deviation of the logarithm of a response time."""
BLOCKS, SECONDS = 12, 5.0
"""Of a run, and of a block."""


class Drawn(Struct, frozen=True, kw_only=True):
    """An operation as the stand-in answers it: `rate` a second, each in `mean` seconds."""

    rate: float
    mean: float
    failing: float = 0.0


class Noise(Struct, frozen=True, kw_only=True):
    """How runs of the same thing differ: by `between` from run to run, and within a run from block to block by
    `within`, a block like the one before with the correlation `memory`. Standard deviations of logarithms."""

    between: float = 0.0
    within: float = 0.0
    memory: float = 0.5


OPERATIONS = {
    ("rest", "chat"): Drawn(rate=6.2, mean=0.006),
    ("rest", "llm_generate"): Drawn(rate=4.3, mean=0.255),
    ("rest", "tts_speak"): Drawn(rate=2.8, mean=0.135),
    ("rest", "transcribe"): Drawn(rate=2.2, mean=0.205),
    ("grpc", "llm_generate"): Drawn(rate=2.5, mean=0.255),
    ("grpc", "llm_chat"): Drawn(rate=1.5, mean=0.255),
    ("grpc", "stt_recognize"): Drawn(rate=1.9, mean=0.205),
    ("grpc", "tts_synthesize"): Drawn(rate=1.9, mean=0.135),
}
"""The stand-in's under 100 users, but for those that are rarer."""
SLOWER = frozenset(key for key in OPERATIONS if key[1].startswith("llm"))

PLAN = example_plan(
    test_type="all",
    shares={"rest": 5, "grpc": 5},
    operations=tuple(operation(*key) for key in OPERATIONS),
)
SUBJECTS = subjects(PLAN, frozenset(OPERATIONS))


def slowed(factor: float) -> dict[tuple[str, str], Drawn]:
    """The operations, those with an LLM slower by the factor."""
    return {key: replace(o, mean=o.mean * (factor if key in SLOWER else 1)) for key, o in OPERATIONS.items()}


def drawn(
    random: np.random.Generator, operations: dict[tuple[str, str], Drawn], noise: Noise, blocks: int = BLOCKS
) -> dict[Any, Any]:
    """By operation its buckets, blocks × edges and cumulative, and its failures by block."""
    every = list(operations.values())
    shape = len(every), blocks
    shifts = random.normal(0, noise.between) + random.normal(0, noise.between, (len(every), 1))
    shifts = shifts + waves(random, noise, blocks)
    middles = np.log([o.mean for o in every])[:, None] - SPREAD**2 / 2 + shifts
    counts = random.poisson(np.array([o.rate for o in every])[:, None] * SECONDS, shape)
    failures = random.binomial(counts, np.array([o.failing for o in every])[:, None])
    below = ndtr((np.log(PLAN.edges) - middles[..., None]) / SPREAD)
    buckets = random.multinomial(counts - failures, np.diff(below, prepend=0.0, append=1.0))
    buckets[..., -1] += failures
    return {key: (buckets[k].cumsum(axis=-1), failures[k]) for k, key in enumerate(operations)}


def waves(random: np.random.Generator, noise: Noise, blocks: int) -> np.ndarray:
    """By block how its logarithms are shifted."""
    found = [random.normal(0, noise.within)]
    for _ in range(blocks - 1):
        found.append(noise.memory * found[-1] + np.sqrt(1 - noise.memory**2) * random.normal(0, noise.within))
    return np.array(found)


def counted(found: dict[Any, Any], wanted: Sequence[Subject] = SUBJECTS, phases: int = 1) -> Counted:
    """What was drawn, by subject; the blocks shared out evenly to so many phases."""
    blocks = len(next(iter(found.values()))[1])
    return Counted(
        buckets=np.stack([sum(found[key][0] for key in s.members) for s in wanted]),
        failures=np.stack([sum(found[key][1] for key in s.members) for s in wanted]),
        seconds=np.full(blocks, SECONDS),
        strata=np.arange(blocks) * phases // blocks,
    )


def recorded(found: dict[Any, Any], number: int, plan: Plan = PLAN, **changes: Any) -> Run:
    """The records of a run in which that was drawn. `number` tells it from others; `changes` are those of the run."""
    named = replace(plan, run_id=f"{plan.scenario}-{number:04d}")
    phase = next(p for p in plan.phases if p.judged)
    count = len(next(iter(found.values()))[1])
    times = tuple(phase.start + SECONDS * k for k in range(count + 1))
    blocks = tuple(_blocks(key, phase.name, times, *books) for key, books in found.items())
    started = STARTED + 100.0 * number
    series = Series(name="p95", labels={"test_type": "rest"}, unit="seconds", times=(started + 1,), values=(0.25,))
    parts = {
        "plan": named,
        "record": record(named, started=started, environment={"cpus": 2}),
        "evidence": evidence(named, blocks=blocks, series=(series,)),
        "verdict": _verdict(named),
        "folder": f"{plan.scenario}/{number:04d}",
    }
    return Run(**{**parts, **changes})


def _blocks(
    key: tuple[str, str], phase: str, times: tuple[float, ...], buckets: Integers, failures: Integers
) -> Blocks:
    return Blocks(
        test_type=key[0],
        name=key[1],
        phase=phase,
        times=times,
        requests=tuple(int(n) for n in buckets[:, -1]),
        failures=tuple(int(n) for n in failures),
        buckets=tuple(tuple(int(n) for n in row) for row in buckets),
    )


def _verdict(plan: Plan) -> Verdict:
    return Verdict(
        run_id=plan.run_id, scenario=plan.scenario, verdict=PASS, exit_code=0, sentence="", criteria=(), validity=()
    )
