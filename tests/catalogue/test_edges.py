"""Bucket edges: fine enough to estimate with, and exact where something is judged."""

from __future__ import annotations

from itertools import pairwise

import pytest

from loadgen.catalogue import edges_for, le
from loadgen.catalogue.edges import BASE


def test_a_quantile_is_within_a_fifth_of_the_truth():
    assert all(high / low == pytest.approx(2 ** (1 / 4)) for low, high in pairwise(BASE))
    assert BASE[0] < 0.001
    assert BASE[-1] == 64.0


@pytest.mark.parametrize("bound", [2.0, 1.7, 0.1, 0.000_5, 300.0])
def test_a_bound_is_an_edge_and_stands_once(bound: float):
    edges = edges_for([bound, bound])
    assert edges.count(bound) == 1
    assert list(edges) == sorted(set(edges))


@pytest.mark.parametrize("edge, text", [(2.0, "2.0"), (2, "2.0"), (0.1, "0.1"), (64.0, "64.0"), (float("inf"), "+Inf")])
def test_an_edge_is_written_as_prometheus_clients_do(edge: float, text: str):
    assert le(edge) == text


def test_every_edge_is_written_so_that_it_reads_back_as_itself():
    assert all(float(le(edge)) == edge for edge in edges_for([1.7]))
