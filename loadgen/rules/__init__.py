"""Criteria, validity and resources as Prometheus rules: recording rules, alerts and their promtool tests."""

from __future__ import annotations

from loadgen.rules.acceptance import ACCEPTANCE_ALERTS, rule_groups
from loadgen.rules.committed import committed, committed_for, write_committed
from loadgen.rules.groups import Group, render
from loadgen.rules.prometheus_config import prometheus_config
from loadgen.rules.promtool import promtool_tests
from loadgen.rules.resource_tests import resource_tests
from loadgen.rules.resources import RESOURCE_ALERTS, resource_groups
from loadgen.rules.running import run_rules, stack_rules
from loadgen.rules.validity import validity_groups
from loadgen.rules.validity_tests import validity_tests
from loadgen.rules.vocabulary import vocabulary
from loadgen.rules.vocabulary_tests import vocabulary_tests

__all__ = [
    "ACCEPTANCE_ALERTS",
    "RESOURCE_ALERTS",
    "Group",
    "committed",
    "committed_for",
    "prometheus_config",
    "promtool_tests",
    "render",
    "resource_groups",
    "resource_tests",
    "rule_groups",
    "run_rules",
    "stack_rules",
    "validity_groups",
    "validity_tests",
    "vocabulary",
    "vocabulary_tests",
    "write_committed",
]
