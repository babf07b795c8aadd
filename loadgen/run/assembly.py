"""Puts the stack of a run together, in the order that makes it start soonest."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from loadgen.model.plan import Plan
from loadgen.plan import NothingOffered
from loadgen.query.client import Prometheus, PrometheusFault
from loadgen.query.scrapes import seen_since
from loadgen.rules import prometheus_config, run_rules
from loadgen.run import stack
from loadgen.run.errors import EnvironmentFault
from loadgen.run.interrupt import Interrupt
from loadgen.run.listener import Listener
from loadgen.run.load import Generators
from loadgen.run.options import Options, plan_of
from loadgen.run.preflight import preflight
from loadgen.run.processes import Child, Processes
from loadgen.run.prometheus import NativePrometheus, find_prometheus
from loadgen.run.surroundings import commit
from loadgen.storage import save
from loadgen.telemetry import counters
from loadgen.telemetry.run_values import RunValues

SEEN_TIMEOUT = 30.0
"""Seconds within which a new Prometheus must have scraped the telemetry; its first scrape comes 5 to 6 s after its
start, so it is the first thing to be started."""


class Ready:
    """A stack on which the load can begin at once."""

    def __init__(self, plan: Plan, generators: Generators, values: RunValues, master: Child) -> None:
        self.plan = plan
        self.generators = generators
        self.values = values
        self.master = master


class Assembly:
    """What the parts of a run's stack are made from."""

    def __init__(
        self,
        options: Options,
        now_id: str,
        state: Path,
        work: Path,
        processes: Processes,
        interrupt: Interrupt,
        listener: Listener,
    ) -> None:
        self._options, self._now_id = options, now_id
        self._state, self.work = state, work
        self._processes, self._interrupt, self._listener = processes, interrupt, listener
        program, self.prometheus_version = find_prometheus(state)
        self._ports, self._claims = stack.choose_ports()
        self.prometheus = NativePrometheus(program, work, state / "prometheus", self._ports.prometheus)
        self._request = options.request
        self._services: list[Child] = []

    def draft(self) -> Plan:
        """The plan as far as it is known before the target was asked. Raises ConfigError."""
        target = self._options.config.targets[self._options.request.target or self._options.config.defaults.target]
        if target.kind == "sim":
            self._request = msgspec.structs.replace(self._request, endpoints=self._ports.sim)
        return plan_of(self._options, self._now_id, self._request)

    def prepare(self, draft: Plan, folder: Path) -> Ready:
        """Start everything and wait until the load can begin. Raises EnvironmentFault or Interrupted."""
        plan = self.start_services(draft, folder)
        save(folder / "plan.json", plan)
        master, workers = stack.start_locust(self._processes, plan, self.work, self._ports.locust)
        self._listener.said("waiting for Prometheus, whose first scrape comes 5 to 6 s after its start")
        generators = Generators(plan, self.work, master, workers, self._services)
        self.wait_for_prometheus(plan, reload=run_rules(plan) != run_rules(draft))
        generators.wait_until_ready(self._interrupt)
        return Ready(plan, generators, RunValues.open(self.work, plan), master)

    def start_services(self, draft: Plan, folder: Path) -> Plan:
        """Start Prometheus, the stand-in and the telemetry, and ask the target; the plan as it will be carried out."""
        self._start_prometheus(draft)
        plan = self.ask_target(draft, folder)
        save(self.work / "plan.json", plan)
        counters.create(self.work, plan)
        self._services.append(stack.start_telemetry(self._processes, self.work, self._ports.telemetry, commit()))
        return plan

    def ask_target(self, draft: Plan, folder: Path) -> Plan:
        """The preflight, with the stand-in started where it is the target. Raises EnvironmentFault or Interrupted."""
        if draft.target.kind == "sim":
            sim = stack.start_sim(self._processes, self.work, self._ports.sim, draft.target.options)
            stack.wait_for_sim(sim, self.work, self._interrupt)
            self._services.append(sim)
        self._listener.found(stack.ports_finding(self._ports))
        checked = preflight(draft, (folder, self._state), self._listener.found)
        self._interrupt.check()
        try:
            plan = plan_of(self._options, self._now_id, self._request, checked.offer)
        except NothingOffered as refusal:
            raise EnvironmentFault(
                *(f"{problem} (the target offers nothing of it)" for problem in refusal.problems)
            ) from None
        for note in plan.notes:
            self._listener.said(f"note: {note}")
        return msgspec.structs.replace(plan, target=checked.target)

    def _start_prometheus(self, draft: Plan) -> None:
        prometheus = self.prometheus
        prometheus.write_targets(f"127.0.0.1:{self._ports.telemetry}", draft.run_id, draft.scenario)
        configuration = prometheus_config(
            scrape_interval=draft.scrape_interval,
            rule_files=[str(prometheus.rules_file)],
            targets_files=[str(prometheus.targets_file)],
        )
        prometheus.write_configuration(configuration, run_rules(draft))
        retention = self._options.config.prometheus.retention
        self._services.append(prometheus.start(self._processes, retention))

    def wait_for_prometheus(self, plan: Plan, *, reload: bool) -> None:
        """Return when it scrapes the telemetry; `reload` when the plan's rules are not those that it started with."""
        client = Prometheus(self.prometheus.url)
        (server, *_) = self._services
        deadline = f"within {SEEN_TIMEOUT:.0f} s; its last words: "

        def alive(done: bool) -> bool:
            if server.exit_code() is not None:
                raise EnvironmentFault(f"Prometheus did not start: {server.last_words()}")
            return done

        if not self._interrupt.wait(lambda: alive(client.ready()), SEEN_TIMEOUT):
            raise EnvironmentFault(f"Prometheus was not ready {deadline}{server.last_words()}")
        if reload:
            self.prometheus.write_rules(run_rules(plan))
            _reload(client)
        if not self._interrupt.wait(lambda: alive(_seen(client, plan)), SEEN_TIMEOUT):
            raise EnvironmentFault(f"Prometheus did not see the telemetry {deadline}{server.last_words()}")
        self._listener.said(f"Prometheus {self.prometheus_version} at {self.prometheus.url}, until the run ends")


def _reload(client: Prometheus) -> None:
    try:
        client.reload()
    except PrometheusFault as fault:
        raise EnvironmentFault(f"Prometheus does not take the plan's rules: {fault}") from fault


def _seen(client: Prometheus, plan: Plan) -> bool:
    try:
        return seen_since(client, plan, 0.0, time.time()) is not None
    except PrometheusFault:
        return False
