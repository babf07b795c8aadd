"""What stops a run are its own rules: an alert of somebody else's with the same labels is not one of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from loadgen.query.live import snapshot
from tests.plans import errors, example_plan, latency

PLAN = example_plan(criteria=(latency(), errors()))


def answer(measured: dict[str, float], *alerts: tuple[str, str]) -> Any:
    """A Prometheus in which so much was measured and these alerts (name, criterion) fire."""
    found = [
        {"metric": {"__name__": "criterion:loadtest_measured:value", "criterion": name}, "value": [1.0, str(value)]}
        for name, value in measured.items()
    ]
    told = {"__name__": "ALERTS", "alertstate": "firing", "role": "acceptance"}
    found += [{"metric": told | {"alertname": name, "criterion": of}, "value": [1.0, "1"]} for name, of in alerts]
    return SimpleNamespace(instant=lambda *_: SimpleNamespace(data={"result": found}))


FIRES = ("LoadtestErrorsBreached", "errors:rest")


@pytest.mark.parametrize(
    "measured, alert, breached",
    [
        ({"errors:rest": 0.02}, FIRES, ("errors:rest",)),
        ({"errors:rest": 0.01}, FIRES, ("errors:rest",)),
        ({"errors:rest": 0.009}, FIRES, ()),
        ({}, FIRES, ()),
        ({"errors:rest": 0.02}, ("SomebodyElses", "errors:rest"), ()),
        ({"latency:rest": 0.05}, ("LoadtestLatencyBreached", "latency:rest"), ()),
        ({"latency:rest": 0.051}, ("LoadtestLatencyBreached", "latency:rest"), ("latency:rest",)),
    ],
)
def test_a_criterion_is_breached_when_its_alert_fires_and_what_was_measured_is_beyond_the_bound(
    measured: dict[str, float], alert: tuple[str, str], breached: tuple[str, ...]
):
    seen = snapshot(answer(measured, alert), PLAN, 2.0)
    assert seen.firing_criteria == breached
    assert seen.firing, "what fires is shown all the same"
