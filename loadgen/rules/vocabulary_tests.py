"""promtool tests of the shared vocabulary: values that are known exactly, no data, and a counter that starts again.

Those of how criteria and runs stand are in `state_tests`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from loadgen.catalogue.promql import selector
from loadgen.criteria.quantiles import quantile
from loadgen.rules.promtool import input_series, query, rule_test_file
from loadgen.rules.state_tests import state_tests
from loadgen.rules.vocabulary import BUCKETS, FAILURES, LABELS, QUANTILES, REQUESTS, load_rules, vocabulary

RUN = {"run_id": "a-run", "scenario": "a-scenario"}
EDGES = (1.0, 2.0)

Course = Callable[[int], int]
"""A second → how often it has happened by then, for something that happens once a second."""


class _Load:
    """A test type under a load that never changes: in each second operations, failures and operations by bucket."""

    def __init__(self, test_type: str, requests: int, failures: int, buckets: tuple[int, ...], users: int) -> None:
        self.test_type = test_type
        self.requests, self.failures, self.buckets, self.users = requests, failures, buckets, users

    def series(self, course: Course, seconds: range) -> dict[str, tuple[float | None, ...]]:
        """What telemetry shows of it."""
        who = {**RUN, "test_type": self.test_type}
        each = {
            selector("loadtest_test_type_requests_total", who): self.requests,
            selector("loadtest_test_type_request_failures_total", who): self.failures,
        }
        for le, count in zip(("1.0", "2.0", "+Inf"), self.buckets, strict=True):
            each[selector("loadtest_test_type_response_time_seconds_bucket", who | {"le": le})] = count
        shown = {name: tuple(float(n * course(s)) for s in seconds) for name, n in each.items()}
        users = selector("loadtest_users", who)
        return {**shown, users: tuple(float(self.users) for _ in seconds)}

    def values(self) -> dict[str, float]:
        """By rule, without its level: what is recorded."""
        found = {name: quantile(EDGES, self.buckets, share) for name, share in QUANTILES.items()}
        return {
            REQUESTS: self.requests,
            FAILURES: self.failures,
            "loadtest_request_failures:ratio_rate": self.failures / self.requests,
            "loadtest_users:sum": self.users,
            **{
                # Prometheus answers with the last edge where the truth lies above it.
                f"loadtest_response_time_seconds:{name}": EDGES[-1] if q.estimate is None else q.estimate
                for name, q in found.items()
                if q is not None
            },
        }


LOADS = (_Load("rest", 10, 1, (0, 10, 10), 4), _Load("grpc", 40, 0, (20, 20, 40), 6))
TOGETHER = _Load("all", 50, 1, (20, 30, 50), 10)
"""The sum of them."""


def vocabulary_tests(window: float, rule_files: list[str], heading: str = "") -> str:
    """The text of a promtool test file for `vocabulary(window)`."""
    span = math.ceil(window)
    begun, seconds = 2 * span, range(3 * span + 1)
    tests = [
        _test("every rule gives its known value", _series(lambda second: second, seconds), begun),
        _test(
            "a counter that starts again goes on at its rate",
            _series(lambda second: second - begun + 1 if second >= begun else second, seconds),
            begun + 1,
        ),
        _nothing(begun),
        *state_tests(),
    ]
    return rule_test_file(tests, rule_files, heading)


def _series(course: Course, seconds: range) -> dict[str, tuple[float | None, ...]]:
    return {name: values for load in LOADS for name, values in load.series(course, seconds).items()}


def _test(law: str, series: dict[str, tuple[float | None, ...]], at: int) -> dict[str, Any]:
    expected = _expected()
    return {
        "name": law,
        "interval": "1s",
        "input_series": input_series(series),
        "promql_expr_test": [query(rule["record"], at, expected[rule["record"]]) for rule in load_rules(1.0)],
    }


def _nothing(at: int) -> dict[str, Any]:
    return {
        "name": "without any series nothing is recorded",
        "interval": "1s",
        "input_series": [],
        "promql_expr_test": [query(rule["record"], at, []) for group in vocabulary(1.0) for rule in group.rules],
    }


def _expected() -> dict[str, list[dict[str, Any]]]:
    """By rule: every sample that it records."""
    found: dict[str, list[dict[str, Any]]] = {}
    for level, loads in zip(LABELS, (LOADS, (TOGETHER,)), strict=True):
        for load in loads:
            labels = RUN | ({"test_type": load.test_type} if level == "test_type" else {})
            for rule, own, value in _samples(load):
                name = f"{level}:{rule}"
                found.setdefault(name, []).append({"labels": selector(name, labels | own), "value": value})
    return found


def _samples(load: _Load) -> Iterator[tuple[str, dict[str, str], float]]:
    yield from ((rule, {}, value) for rule, value in load.values().items())
    yield from ((BUCKETS, {"le": le}, n) for le, n in zip(("1.0", "2.0", "+Inf"), load.buckets, strict=True))
