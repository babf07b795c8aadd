"""The load curve: how many users work at a moment, and the very same seen from one user.

Users are counted from 0. All intervals are half open, [start, end), in seconds of plan time. On a climb the n-th user
joins when the line reaches n; on a descent it leaves when the line starts to fall below n. So the number of users is
the floor of the line at any moment, and a user's windows are the exact inverse, to the last bit of a float.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from loadgen.model.plan import TEST_TYPES, Plan, Stage

TENTHS = 10


def active_users(stages: Sequence[Stage], elapsed: float) -> int:
    """Users at work at `elapsed` seconds; 0 before the first and after the last stage."""
    for stage in stages:
        if stage.start <= elapsed < stage.end:
            return _active_in(stage, elapsed)
    return 0


def dealt(users: int, shares: Mapping[str, int], test_type: str) -> int:
    """How many of the first `users` users belong to `test_type`; `shares` are tenths that add up to 10."""
    if test_type not in shares:
        return 0
    pattern = _pattern(_key(shares))
    rounds, rest = divmod(users, TENTHS)
    return rounds * shares[test_type] + pattern[:rest].count(test_type)


def global_index(shares: Mapping[str, int], test_type: str, index: int) -> int:
    """The number among all users of the user with number `index` within its test type."""
    places = [at for at, owner in enumerate(_pattern(_key(shares))) if owner == test_type]
    rounds, rest = divmod(index, len(places))
    return rounds * TENTHS + places[rest]


def active_of(plan: Plan, test_type: str, elapsed: float) -> int:
    """Users of one test type at work at `elapsed` seconds."""
    return dealt(active_users(plan.stages, elapsed), plan.shares, test_type)


def users_of(plan: Plan, test_type: str) -> int:
    """Users of one test type at the peak: so many are spawned."""
    return dealt(plan.users, plan.shares, test_type)


def windows_of(plan: Plan, test_type: str, index: int) -> tuple[tuple[float, float], ...]:
    """When the user with number `index` within its test type works: disjoint intervals, ascending.

    The exact inverse of `active_of`: the user is inside a window precisely when `active_of(…) > index`.
    """
    return _windows(plan.stages, global_index(plan.shares, test_type, index))


def _windows(stages: Sequence[Stage], user: int) -> tuple[tuple[float, float], ...]:
    merged: list[tuple[float, float]] = []
    for start, end in _pieces(stages, user):
        joined = merged.pop()[0] if merged and merged[-1][1] == start else start
        merged.append((joined, end))
    return tuple(merged)


def _pieces(stages: Sequence[Stage], user: int) -> Iterator[tuple[float, float]]:
    """The part of each stage in which the user works."""
    for stage in stages:
        low, high = sorted((stage.from_users, stage.to_users))
        if user < low:
            yield stage.start, stage.end
        elif user < high:
            turn = _moment(stage, user + 1)
            start, end = (turn, stage.end) if stage.to_users == high else (stage.start, turn)
            if start < end:
                yield start, end


def _moment(stage: Stage, users: int) -> float:
    """When the line of a sloping stage is at `users`."""
    if users == stage.to_users:
        return stage.end
    way = (users - stage.from_users) / (stage.to_users - stage.from_users)
    return stage.start + way * (stage.end - stage.start)


def _active_in(stage: Stage, elapsed: float) -> int:
    """Floor of the line, corrected by a float's rounding so that it turns exactly at `_moment`."""
    if stage.from_users == stage.to_users:
        return stage.from_users
    low, high = sorted((stage.from_users, stage.to_users))
    way = (elapsed - stage.start) / (stage.end - stage.start)
    users = min(high, max(low, int(stage.from_users + way * (stage.to_users - stage.from_users))))
    climbing = stage.to_users == high
    while users < high and _works(stage, users + 1, elapsed, climbing):
        users += 1
    while users > low and not _works(stage, users, elapsed, climbing):
        users -= 1
    return users


def _works(stage: Stage, users: int, elapsed: float, climbing: bool) -> bool:
    """True when at least `users` users work at that moment of a sloping stage."""
    turn = _moment(stage, users)
    return elapsed >= turn if climbing else elapsed < turn


def _key(shares: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple((name, shares[name]) for name in TEST_TYPES if shares.get(name))


@lru_cache
def _pattern(shares: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    """Owners of ten consecutive users, mixed as evenly as can be: at each place whoever is furthest behind."""
    credit = dict.fromkeys((name for name, _ in shares), 0)
    owners: list[str] = []
    for _ in range(TENTHS):
        for name, tenths in shares:
            credit[name] += tenths
        owner = max(credit, key=lambda name: credit[name])
        credit[owner] -= TENTHS
        owners.append(owner)
    return tuple(owners)
