"""Recording rules that panels, progress and people share: rates, quantiles and shares, by run and by test type."""

from __future__ import annotations

from typing import Any

from loadgen.catalogue.promql import duration, number
from loadgen.rules.groups import Group

LEVELS = {"run": "run_id, scenario", "test_type": "run_id, scenario, test_type"}
"""By level, as it stands in the rules' names: the labels that are kept."""

QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def vocabulary(window: float) -> tuple[Group, ...]:
    """The shared rules, for whatever is scraped. `window`: seconds of the rates, four scrapes or more."""
    span = duration(window)
    rules = [rule for level, labels in LEVELS.items() for rule in _rules(level, labels, span)]
    return (Group(name="loadtest", rules=tuple(rules)),)


def _rules(level: str, labels: str, span: str) -> list[dict[str, Any]]:
    requests = f"sum by ({labels}) (rate(loadtest_requests_total[{span}]))"
    failures = f"sum by ({labels}) (rate(loadtest_request_failures_total[{span}]))"
    buckets = f"sum by ({labels}, le) (rate(loadtest_response_time_seconds_bucket[{span}]))"
    quantiles = [
        {
            "record": f"{level}:loadtest_response_time_seconds:{name}",
            "expr": f"histogram_quantile({number(q)}, {buckets})",
        }
        for name, q in QUANTILES.items()
    ]
    return [
        {"record": f"{level}:loadtest_requests:rate", "expr": requests},
        {"record": f"{level}:loadtest_request_failures:rate", "expr": failures},
        {"record": f"{level}:loadtest_request_failures:ratio_rate", "expr": f"{failures} / {requests}"},
        *quantiles,
        {"record": f"{level}:loadtest_users:sum", "expr": f"sum by ({labels}) (loadtest_users)"},
    ]
