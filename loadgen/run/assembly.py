"""Puts the stack of a run together, in the order that makes it start soonest."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import msgspec

from loadgen.config.measure import AUTO
from loadgen.model.measured import SIM
from loadgen.model.plan import Plan
from loadgen.plan import NothingOffered
from loadgen.query.client import Prometheus, PrometheusFault
from loadgen.query.courses import refused
from loadgen.query.scrapes import seen_since
from loadgen.query.sightings import own_seen
from loadgen.run import stack
from loadgen.run.databases import Databases
from loadgen.run.errors import EnvironmentFault
from loadgen.run.exporter_checks import exporter_findings
from loadgen.run.exporters import start_exporters, take_dsns
from loadgen.run.expressions import refusal
from loadgen.run.interrupt import Interrupt
from loadgen.run.listener import Listener
from loadgen.run.load import Generators
from loadgen.run.options import Options, plan_of
from loadgen.run.ports import choose_ports, ports_finding
from loadgen.run.preflight import preflight
from loadgen.run.processes import Child, Processes
from loadgen.run.server import Part
from loadgen.run.servers import choose_server
from loadgen.run.surroundings import OK, Finding, commit
from loadgen.storage import save
from loadgen.telemetry import counters
from loadgen.telemetry.run_values import RunValues

SEEN_TIMEOUT = 30.0
"""Seconds within which a new Prometheus must have scraped the telemetry; its first scrape comes 5 to 6 s after its
start, so it is the first thing to be started."""

OWN_PATIENCE = 3.0
"""Seconds more within which the run's exporters and stand-in must have been scraped once; without that the load begins
all the same, for what they measure decides nothing. They are first scraped within one interval of the telemetry."""


class Ready:
    """A stack on which the load can begin at once."""

    def __init__(self, plan: Plan, generators: Generators, values: RunValues, master: Child) -> None:
        self.plan = plan
        self.generators = generators
        self.values = values
        self.master = master


class Assembly:
    """What the parts of a run's stack are made from. As a context manager it leaves a standing Prometheus as it was."""

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
        plan = plan_of(options, now_id)
        self._ports, self._claims = choose_ports(
            [scrape.address for scrape in plan.measured.scrapes if not scrape.ours]
        )
        self.server = choose_server(options, plan, self._ports, state, work, processes)
        self._request = msgspec.structs.replace(options.request, exporters=self._ports.exporters)
        self._services: list[Part] = []
        self._exporters: list[Child] = []

    def __enter__(self) -> Self:
        self._interrupt.at_once = self._end_at_once
        return self

    def __exit__(self, *_: object) -> None:
        self.server.end()

    def _end_at_once(self) -> None:
        self._processes.kill_all()
        self.server.end()

    def draft(self) -> Plan:
        """The plan as far as it is known before the target was asked. Raises ConfigError."""
        target = self._options.config.targets[self._options.request.target or self._options.config.defaults.target]
        if target.kind == SIM:
            self._request = msgspec.structs.replace(self._request, endpoints=self._ports.sim)
        return plan_of(self._options, self._now_id, self._request)

    def prepare(self, draft: Plan, folder: Path) -> Ready:
        """Start everything and wait until the load can begin. Raises EnvironmentFault or Interrupted."""
        plan = self.start_services(draft, folder)
        save(folder / "plan.json", plan)
        master, workers = stack.start_locust(self._processes, plan, self.work, self._ports.locust)
        self._listener.said("waiting for Prometheus, which begins to scrape 5 to 6 s after it was told whom")
        generators = Generators(plan, self.work, master, workers, [*self._services, *self._exporters])
        self.wait_for_prometheus(plan)
        generators.wait_until_ready(self._interrupt)
        return Ready(plan, generators, RunValues.open(self.work, plan), master)

    def start_services(self, draft: Plan, folder: Path) -> Plan:
        """Start everything but Locust, and ask the target; the plan as it will be carried out."""
        dsns = take_dsns(draft)
        self._start_prometheus(draft)
        plan = self.ask_target(draft, folder, dsns)
        save(self.work / "plan.json", plan)
        counters.create(self.work, plan)
        self._services.append(stack.start_telemetry(self._processes, self.work, self._ports.telemetry, commit()))
        return plan

    def ask_target(self, draft: Plan, folder: Path, dsns: Mapping[str, str]) -> Plan:
        """The preflight, with the exporters and, where it is the target, the stand-in started.

        `dsns`: what the databases' exporter gets. Raises EnvironmentFault or Interrupted.
        """
        self._start_target(draft, dsns)
        standing = None if self.server.started_by_us else self.server.url
        self._listener.found(ports_finding(self._ports, standing))
        folders = (folder, self._state)
        checked = preflight(draft, folders, self._listener.found, lambda: self._measuring(draft))
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

    def _start_target(self, draft: Plan, dsns: Mapping[str, str]) -> None:
        """Start the exporters, and meanwhile the stand-in where it is the target; return when that listens."""
        databases = self._start_databases(draft)
        self._exporters = start_exporters(self._processes, draft, self.work, dsns)
        if draft.target.kind == SIM:
            own = databases.wait(self._interrupt) if databases else {}
            sim = stack.start_sim(self._processes, self.work, self._ports.sim, {**draft.target.options, **own})
            self._services.append(sim)
            stack.wait_for_sim(sim, self.work, self._interrupt)

    def _start_databases(self, draft: Plan) -> Databases | None:
        """Start the stand-in's databases, if it has any; their DSNs stand in files when this returns."""
        if draft.target.postgres is None:
            return None
        databases = Databases(self.work, draft.target.postgres)
        self._services += databases.start(self._processes)
        return databases

    def _measuring(self, draft: Plan) -> list[Finding]:
        """What the exporters and the other scrapes bring."""
        return [*exporter_findings(draft, self._exporters, self._interrupt), *self._no_gpu(draft)]

    def _no_gpu(self, draft: Plan) -> list[Finding]:
        """Where the configuration leaves the GPU to the machine, and that has none."""
        measure = self._options.config.targets[draft.target.name].measure
        if AUTO not in measure.gpu or self._request.nvidia:
            return []
        return [Finding(name="gpu exporter", state=OK, text="not needed: there is no NVIDIA driver on this machine")]

    def check_server(self, plan: Plan) -> None:
        """Ask the Prometheus whether it can serve the plan. Raises EnvironmentFault or ConfigError when not."""
        self.server.check(plan)
        if not self.server.started_by_us:
            self._check_queries(Prometheus(self.server.url), plan)

    def _start_prometheus(self, draft: Plan) -> None:
        if not self.server.started_by_us:
            self._listener.said(self.server.place)
        self.check_server(draft)
        self._services.append(self.server.begin(draft, f"127.0.0.1:{self._ports.telemetry}"))

    def wait_for_prometheus(self, plan: Plan) -> None:
        """Return when it has the plan's rules and scrapes the telemetry."""
        server, client = self.server, Prometheus(self.server.url)
        (part, *_) = self._services
        deadline = f"within {SEEN_TIMEOUT:.0f} s"

        def alive(done: bool) -> bool:
            if part.exit_code() is not None:
                raise EnvironmentFault(f"Prometheus is needed, but {part.death()}")
            return done

        if not self._interrupt.wait(lambda: alive(client.ready()), SEEN_TIMEOUT):
            raise EnvironmentFault(f"Prometheus was not ready {deadline}; its last words: {part.last_words()}")
        server.update(plan)
        if not self._interrupt.wait(lambda: alive(server.loaded(plan)), SEEN_TIMEOUT):
            raise EnvironmentFault(f"Prometheus had not evaluated the plan's rules {deadline}{server.unseen()}")
        if not self._interrupt.wait(lambda: alive(_seen(client, plan)), SEEN_TIMEOUT):
            raise EnvironmentFault(f"Prometheus did not see the telemetry {deadline}{server.unseen()}")
        self._interrupt.wait(lambda: alive(_own_seen(client, plan)), OWN_PATIENCE)
        self._check_queries(client, plan)
        if server.started_by_us:
            self._listener.said(server.place)

    def _check_queries(self, client: Prometheus, plan: Plan) -> None:
        """Raise ConfigError for what only Prometheus itself finds wrong with expressions of the configuration."""
        if said := refused(client, plan, time.time()):
            raise refusal(self._options.config, plan, said)


def _seen(client: Prometheus, plan: Plan) -> bool:
    try:
        return seen_since(client, plan, 0.0, time.time()) is not None
    except PrometheusFault:
        return False


def _own_seen(client: Prometheus, plan: Plan) -> bool:
    try:
        return own_seen(client, plan, time.time())
    except PrometheusFault:
        return False
