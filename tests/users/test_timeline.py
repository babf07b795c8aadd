"""Who sits where: the numbers of users over all workers."""

from __future__ import annotations

import pytest

from loadgen.users.timeline import index_among


@pytest.mark.parametrize("counts", [{"a": 5}, {"a": 3, "b": 3}, {"b": 4, "a": 1, "c": 2}, {"a": 0, "b": 3}])
def test_every_number_is_given_to_exactly_one_user(counts: dict[str, int]) -> None:
    given = [index_among(counts, client, rank) for client, count in counts.items() for rank in range(count)]
    assert sorted(given) == list(range(sum(counts.values())))


def test_the_first_users_are_spread_evenly_over_the_workers() -> None:
    counts = {"a": 4, "b": 4}
    assert [index_among(counts, "a", rank) for rank in range(4)] == [0, 2, 4, 6]
    assert [index_among(counts, "b", rank) for rank in range(4)] == [1, 3, 5, 7]


def test_a_user_that_was_not_counted_has_no_number() -> None:
    assert index_among({"a": 2}, "a", 2) is None
    assert index_among({"a": 2}, "b", 0) is None
