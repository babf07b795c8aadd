"""What one run tells, and how surely."""

from __future__ import annotations

import numpy as np
import pytest

from loadgen.compare.estimates import (
    ERRORS_AT,
    RATE_AT,
    TIMES_AT,
    Counted,
    Estimated,
    estimated,
    quantiles,
)
from loadgen.compare.sampling import sampling
from loadgen.criteria.quantiles import quantile
from tests.compare.drawn import OPERATIONS, PLAN, Drawn, Noise, counted, drawn, waves

EDGES = (0.1, 0.2, 0.4, 0.8)


def one(buckets, failures=None, seconds=None, strata=None) -> Estimated:
    """A single subject's."""
    blocks = len(buckets)
    found = Counted(
        buckets=np.array([buckets], dtype=np.int64),
        failures=np.array([failures or [0] * blocks], dtype=np.int64),
        seconds=np.array(seconds or [5.0] * blocks),
        strata=np.array(strata or [0] * blocks),
    )
    return estimated(found, EDGES)


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
def test_quantiles_are_those_of_the_verdict_and_the_report(share):
    random = np.random.default_rng(1)
    buckets = random.integers(0, 30, size=(500, len(EDGES) + 1)).cumsum(axis=1)
    buckets[0] = 0
    found = quantiles(EDGES, buckets, share)
    for row, mine in zip(buckets, found, strict=True):
        known = quantile(EDGES, [int(n) for n in row], share)
        theirs = known.estimate if known else None
        assert theirs is None if np.isnan(mine) else theirs == pytest.approx(mine, rel=1e-12)


def test_rates_shares_and_times_are_those_of_the_sum_of_the_blocks():
    found = one([[0, 4, 8, 8, 10], [0, 6, 12, 12, 15]], failures=[2, 3])
    assert np.exp(found.values[0, RATE_AT]) == pytest.approx(25.5 / 10)
    assert found.values[0, ERRORS_AT] == 5 / 25
    assert np.exp(found.values[0, TIMES_AT][0]) == quantile(EDGES, [0, 10, 20, 20, 25], 0.5).estimate


def test_a_quantile_that_failures_reach_is_none():
    found = one([[0, 9, 9, 9, 10], [0, 9, 9, 9, 10]], failures=[1, 1])
    assert not np.isnan(found.values[0, TIMES_AT][0])
    assert np.isnan(found.values[0, TIMES_AT][1:]).all()


def test_a_difference_between_phases_adds_no_variance():
    fast, slow = [10, 10, 10, 10, 10], [0, 0, 0, 40, 40]
    assert one([fast, slow] * 2, strata=[0, 1] * 2).variances[0, RATE_AT] < 1e-12
    assert one([fast, slow] * 2).variances[0, RATE_AT] > 0.01


def test_the_sampling_variance_is_about_what_many_runs_show():
    random = np.random.default_rng(2)
    runs = [estimated(counted(drawn(random, OPERATIONS, Noise())), PLAN.edges) for _ in range(150)]
    measures = [RATE_AT, 2, 3]
    shown = np.stack([run.values for run in runs]).var(axis=0, ddof=1)[:, measures]
    ratios = np.stack([run.variances for run in runs]).mean(axis=0)[:, measures] / shown
    assert ratios.min() > 0.7
    assert ratios.max() < 1.8  # of a P95 of some 90 operations the jackknife says rather too much
    assert np.median(ratios) == pytest.approx(1, abs=0.15)


def test_blocks_that_depend_on_their_neighbours_count_for_less():
    random = np.random.default_rng(3)
    noise = Noise(within=0.1, memory=0.8)
    runs = [estimated(counted(drawn(random, OPERATIONS, noise)), PLAN.edges) for _ in range(40)]
    alone = np.stack([run.variances for run in runs])
    assert np.median(sampling(runs)[..., 2] / alone[..., 2]) > 1.3


@pytest.mark.parametrize("phases, blocks", [(1, 60), (2, 12), (10, 6), (10, 2)])
@pytest.mark.parametrize("memory", [0.0, 0.3])
def test_the_sampling_variance_of_a_run_of_many_phases_is_what_many_runs_show(phases, blocks, memory):
    """Phases are set apart, blocks of a phase are like their neighbours; where a phase has two, none can tell that."""
    random, count = np.random.default_rng(6), phases * blocks
    runs, noise = [], Noise(within=0.3, memory=memory)
    for _ in range(150):
        shifts = np.concatenate([waves(random, noise, blocks) for _ in range(phases)])
        counts = np.round(1000 * np.exp(shifts + np.repeat(np.arange(phases), blocks) / 5)).astype(int)
        strata = np.repeat(np.arange(phases), blocks).tolist()
        runs.append(one([[0, n, n, n, n] for n in counts], strata=strata, seconds=[5.0] * count))
    shown = np.var([run.values[0, RATE_AT] for run in runs], ddof=1)
    ratio = np.mean([found[0, RATE_AT] for found in sampling(runs)]) / shown
    assert (0.35 if memory and blocks == 2 else 0.6) < ratio < 1.4


def test_the_sampling_of_a_phase_of_a_single_block_is_not_known():
    found = one([[0, 4, 8, 8, 10]] * 7, strata=[0, 0, 0, 1, 2, 2, 2])
    assert np.isnan(found.variances[0, RATE_AT])
    assert found.freedom == 0


def test_a_phase_that_has_most_of_the_variance_has_the_degrees_of_freedom():
    quiet, wild = [[0, 100, 100, 100, 100]] * 20, [[0, n, n, n, n] for n in (10, 400, 50)]
    found = one([*quiet, *wild], strata=[0] * 20 + [1] * 3)
    assert found.freedom == 21
    assert found.degrees[0, RATE_AT] == pytest.approx(2, abs=0.1)


def test_no_failure_in_a_run_is_not_taken_for_certainty():
    assert sampling([one([[0, 9, 9, 9, 9]] * 4)] * 2)[0, 0, ERRORS_AT] > 0


def test_failures_that_come_in_swarms_tell_less_than_as_many_that_do_not():
    random = np.random.default_rng(4)
    failing = {("rest", "chat"): Drawn(rate=20, mean=0.05, failing=0.05)}
    even = drawn(random, failing, Noise())
    buckets, failures = even["rest", "chat"]
    swarm = np.zeros_like(failures)
    swarm[5] = failures.sum()
    runs = [
        estimated(
            Counted(
                buckets=buckets[None],
                failures=which[None],
                seconds=np.full(12, 5.0),
                strata=np.zeros(12, dtype=np.int64),
            ),
            PLAN.edges,
        )
        for which in (failures, swarm)
    ]
    even_variance, swarm_variance = (sampling([run])[0, 0, ERRORS_AT] for run in runs)
    assert swarm_variance > 5 * even_variance
