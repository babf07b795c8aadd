"""A Prometheus started for the run and ended with it."""

from __future__ import annotations

from pathlib import Path

from loadgen.model.plan import Plan
from loadgen.query.client import Prometheus
from loadgen.rules import prometheus_config, run_rules
from loadgen.run.processes import Processes
from loadgen.run.prometheus import NativePrometheus, find_prometheus, lookback_of
from loadgen.run.server import Part, ask


class OwnPrometheus:
    """Configured with exactly the plan's rules and scrapes. A `Server`."""

    started_by_us = ours = True

    def __init__(self, state: Path, work: Path, processes: Processes, port: int, retention: str) -> None:
        """Raises EnvironmentFault when there is no Prometheus to start."""
        program, self.version = find_prometheus(state)
        self._prometheus = NativePrometheus(program, work, state / "prometheus", port)
        self._processes, self._retention = processes, retention
        self.url = self._prometheus.url
        self.data = str(self._prometheus.data)
        self.place = f"Prometheus {self.version} at {self.url}, until the run ends"
        self._rules = ""

    def check(self, plan: Plan) -> None:
        """Nothing can be amiss: it is configured with the plan."""

    def begin(self, draft: Plan, telemetry: str) -> Part:
        """Start it. It is the first thing to be started, for its first scrape comes 5 to 6 s after that."""
        prometheus = self._prometheus
        prometheus.write_targets(telemetry, draft.run_id, draft.scenario)
        configuration = prometheus_config(
            scrape_interval=draft.scrape_interval,
            rule_files=[str(prometheus.rules_file)],
            targets_files=[str(prometheus.targets_file)],
            scrapes=draft.measured.scrapes,
            labels={"run_id": draft.run_id, "scenario": draft.scenario},
        )
        self._rules = run_rules(draft)
        prometheus.write_configuration(configuration, self._rules)
        return prometheus.start(self._processes, self._retention, lookback_of(draft))

    def update(self, plan: Plan) -> None:
        """Reload when the plan's rules are not those that it started with."""
        rules = run_rules(plan)
        if rules != self._rules:
            self._rules = rules
            self._prometheus.write_rules(rules)
            ask(Prometheus(self.url).reload, "Prometheus does not take the plan's rules")

    def loaded(self, plan: Plan) -> bool:  # noqa: ARG002 - a Server's method
        """It has read them, or it would not have started."""
        return True

    def unseen(self) -> str:
        """Nothing that its own log would not say."""
        return ""

    def end(self) -> None:
        """Nothing: it ends with the run's processes."""
