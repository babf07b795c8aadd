"""Which Prometheus sees a run: the one that was named, else the running stack's, else one of its own."""

from __future__ import annotations

from pathlib import Path

import msgspec

from loadgen.config import ConfigError
from loadgen.model.plan import Plan
from loadgen.plan import compile_plan
from loadgen.plan.asked import ALL
from loadgen.query.client import Prometheus
from loadgen.run.addresses import same_server
from loadgen.run.errors import EnvironmentFault
from loadgen.run.foreign_prometheus import ForeignPrometheus
from loadgen.run.options import Options
from loadgen.run.own_prometheus import OwnPrometheus
from loadgen.run.ports import Ports
from loadgen.run.processes import Processes
from loadgen.run.server import Server
from loadgen.run.standing import PROMETHEUS, find, usable
from loadgen.run.standing_prometheus import StandingPrometheus

PATIENCE = 3.0
"""Seconds for the question whether anybody answers where the stack's Prometheus was."""


def choose_server(options: Options, plan: Plan, ports: Ports, state: Path, work: Path, processes: Processes) -> Server:
    """The Prometheus of this run. Raises EnvironmentFault when the one that is meant cannot serve it."""
    named = options.prometheus.rstrip("/") if options.prometheus else None
    if named and not _is_the_stacks(named, state):
        return ForeignPrometheus(named, plan, _whole(options, plan), ports.telemetry)
    standing = usable(state)
    if standing is not None:
        return StandingPrometheus(standing, state, work)
    return OwnPrometheus(state, work, processes, ports.prometheus, options.config.prometheus.retention)


def _is_the_stacks(url: str, state: Path) -> bool:
    """Whether a URL means the stack's Prometheus; where that has ended, another may have taken its place."""
    try:
        standing = find(state)
    except EnvironmentFault:
        return False  # what was named does not depend on it
    if standing is None or not same_server(url, standing.prometheus):
        return False
    ended = any(one.role == PROMETHEUS for one in standing.dead())
    return not (ended and Prometheus(url, timeout=PATIENCE, patience=0.0).ready())


def _whole(options: Options, plan: Plan) -> Plan:
    """The plan with every test type, as the committed rules have it; where there cannot be one, the plan itself."""
    try:
        return compile_plan(options.config, msgspec.structs.replace(options.request, test_type=ALL), now_id=plan.run_id)
    except ConfigError:
        return plan
