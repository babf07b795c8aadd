"""What every alert rule has, whatever it speaks of: a severity by its role, annotations, an entry in the runbook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loadgen.criteria import ACCEPTANCE, BURNING, SAMPLES, Alert

VALIDITY, RESOURCE = "validity", "resource"
"""Roles beside those of the criteria. validity: the run cannot be believed · resource: something is at its limit, or
somebody waits for it."""

SEVERITY = {ACCEPTANCE: "critical", SAMPLES: "warning", BURNING: "warning", VALIDITY: "critical", RESOURCE: "warning"}

RUNBOOK = "docs/runbook.md"


def alert_rule(alert: Alert, labels: Mapping[str, str]) -> dict[str, Any]:
    """The rule as it stands in a file. `labels` beside severity and role are templates for Prometheus."""
    return {
        "alert": alert.name,
        "expr": alert.expr,
        "for": "0s",
        "labels": {**role_labels(alert), **labels},
        "annotations": annotations_of(alert),
    }


def role_labels(alert: Alert) -> dict[str, str]:
    """The labels that say what an alert decides."""
    return {"severity": SEVERITY[alert.role], "role": alert.role}


def annotations_of(alert: Alert) -> dict[str, str]:
    """The annotations as templates."""
    return {
        "summary": alert.summary,
        "description": alert.description,
        "runbook_url": f"{RUNBOOK}#{alert.name.lower()}",
    }
