"""Recording rules that panels, progress and people share: how the load goes, and how criteria and runs stand.

Rates, quantiles and shares are here, by run and by test type; the rest is in `states`.

The quantiles are P50, P95 and P99 whatever `reports.percentiles` says: here they are names that panels and queries rely
on. The configured ones stand in the summary and in the verdict's details.
"""

from __future__ import annotations

from typing import Any

from loadgen.catalogue import edges_for
from loadgen.catalogue.promql import duration, number
from loadgen.rules.groups import Group
from loadgen.rules.states import state_rules

LABELS = {"test_type": "run_id, scenario, test_type", "run": "run_id, scenario"}
"""By level, as it stands in the rules' names: the labels that are kept. The run's are sums over its test types."""

REQUESTS = "loadtest_requests:rate"
FAILURES = "loadtest_request_failures:rate"
BUCKETS = "loadtest_response_time_seconds_bucket:rate"
SUMMED = {REQUESTS: "", FAILURES: "", BUCKETS: ", le"}
"""What is recorded first, with the labels it keeps besides: everything else is computed from these few series.

They are rates of the sums that the telemetry shows by test type: over every bucket of every operation, thousands of
series, a rate would be by far the dearest thing that is asked every second. Operations and failures are of all
operations, response times of the judged ones, to which the bounds beside them belong. Rules of a group are evaluated in
order, so those that follow see the values of the same moment.
"""

QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}

KNOWN = f"< {number(max(edges_for(())))}"
"""What a quantile must be to be known: Prometheus gives the last edge for any that lies beyond, as one of failed
operations does. With one failure in fifty the P99 is not 64 s; it is not known."""

Rule = dict[str, Any]


def vocabulary(window: float) -> tuple[Group, ...]:
    """The shared rules, for whatever is scraped. `window`: seconds of the rates, four scrapes or more."""
    return (Group(name="loadtest", rules=(*load_rules(window), *state_rules())),)


def load_rules(window: float) -> tuple[Rule, ...]:
    """Those of the rates and what is computed from them."""
    derived = (rule for level in LABELS for rule in _derived(level))
    return (*_rates(duration(window)), *_sums(), *derived)


def _rates(span: str) -> list[Rule]:
    """By test type, from the counters."""
    raw = {
        REQUESTS: "loadtest_test_type_requests_total",
        FAILURES: "loadtest_test_type_request_failures_total",
        BUCKETS: "loadtest_test_type_response_time_seconds_bucket",
    }
    return [
        {
            "record": f"test_type:{name}",
            "expr": f"sum by ({LABELS['test_type']}{SUMMED[name]}) (rate({metric}[{span}]))",
        }
        for name, metric in raw.items()
    ]


def _sums() -> list[Rule]:
    """By run, from those of its test types."""
    return [
        {"record": f"run:{name}", "expr": f"sum by ({LABELS['run']}{more}) (test_type:{name})"}
        for name, more in SUMMED.items()
    ]


def _derived(level: str) -> list[Rule]:
    quantiles = [
        {
            "record": f"{level}:loadtest_response_time_seconds:{name}",
            "expr": f"histogram_quantile({number(q)}, {level}:{BUCKETS}) {KNOWN}",
        }
        for name, q in QUANTILES.items()
    ]
    return [
        {"record": f"{level}:loadtest_request_failures:ratio_rate", "expr": f"{level}:{FAILURES} / {level}:{REQUESTS}"},
        *quantiles,
        {"record": f"{level}:loadtest_users:sum", "expr": f"sum by ({LABELS[level]}) (loadtest_users)"},
    ]
