"""A run on the stack that stands: its rules and targets are put into the stack's folders and taken out again."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from loadgen.catalogue.promql import duration
from loadgen.model.measured import PIDS, PROMETHEUS
from loadgen.model.plan import Plan
from loadgen.query.client import Prometheus, PrometheusFault
from loadgen.rules import stack_rules
from loadgen.rules.target_groups import target_groups
from loadgen.run.errors import EnvironmentFault
from loadgen.run.server import Distant, Part, ask
from loadgen.run.standing import Standing
from loadgen.storage import write_whole

OF_A_RUN = re.compile(r"-\d{14}(-\d+)?")
"""Ends a run's id; the files in the stack's folders that are called so were put there by a run."""

LAST_PATIENCE = 3.0
"""Seconds for the last word to a Prometheus that may be gone."""


class StandingPrometheus:
    """The stack's Prometheus. A `Server`."""

    started_by_us = False

    def __init__(self, standing: Standing, state: Path, work: Path) -> None:
        """Raises EnvironmentFault when it does not answer."""
        self.url = standing.prometheus
        self._client = Prometheus(self.url)
        self._process, self._folder = standing.process(PROMETHEUS), Path(standing.folder)
        self._log, self._work = state / "stack" / "logs" / "prometheus.log", work
        self._given: tuple[str, bytes] | None = None
        self._run_id = self._telemetry = ""
        self.data = str(state / "prometheus") if self._process else ""
        try:
            self.version = self._client.version()
        except PrometheusFault as fault:
            raise EnvironmentFault(f"the stack was started, but {fault}; `make down`, then `make up`") from fault
        self.place = f"using the running stack: Prometheus {self.version} at {self.url}; it stays up after the run"

    def begin(self, draft: Plan, telemetry: str) -> Part:
        """Give it the plan's rules and targets; what a killed run left there is taken away."""
        self._check_interval(draft)
        for left in self._files():
            left.unlink(missing_ok=True)
        self._run_id, self._telemetry = draft.run_id, telemetry
        self._give(draft)
        process = self._process
        if process is not None:
            write_whole(self._work / PIDS / f"{PROMETHEUS}.pid", f"{process.pid}\n".encode())
        return Distant(self.url, self._last_words, lambda: process is None or process.alive())

    def update(self, plan: Plan) -> None:
        """Give it the plan's rules where they have changed."""
        self._give(plan)

    def loaded(self, plan: Plan) -> bool:
        """Whether every rule of the plan was evaluated. Raises EnvironmentFault for one that cannot be."""
        wanted = {group["name"] for group in yaml.safe_load(stack_rules(plan))["groups"]}
        try:
            groups = [one for one in self._client.rules() if Path(one["file"]).stem == plan.run_id]
        except PrometheusFault as fault:
            raise EnvironmentFault(f"the stack's Prometheus does not say which rules it has: {fault}") from fault
        rules = [rule for group in groups for rule in group["rules"]]
        if said := [f"{rule['name']}: {rule['lastError']}" for rule in rules if rule["health"] == "err"]:
            raise EnvironmentFault(f"Prometheus at {self.url} cannot evaluate a rule of the plan: {said[0]}")
        return wanted <= {group["name"] for group in groups} and all(rule["health"] == "ok" for rule in rules)

    def unseen(self) -> str:
        """Where to look."""
        return f"; {self._last_words(3)}"

    def end(self) -> None:
        """Take rules and targets away."""
        if self._given is None:
            return
        self._given = None
        with contextlib.suppress(OSError):
            for path in (self._rules_file, self._targets_file):
                path.unlink(missing_ok=True)
        with contextlib.suppress(PrometheusFault):
            Prometheus(self.url, timeout=LAST_PATIENCE, patience=0.0).reload()

    @property
    def _rules_file(self) -> Path:
        return self._folder / "runs" / f"{self._run_id}.yml"

    @property
    def _targets_file(self) -> Path:
        return self._folder / "targets" / f"{self._run_id}.json"

    def _give(self, plan: Plan) -> None:
        """Write what has changed, and have the rules read. A changed file of targets is read without being told."""
        rules, targets = stack_rules(plan), msgspec.json.encode(target_groups(plan, self._telemetry))
        before, self._given = self._given, (rules, targets)
        if before is None or before[1] != targets:
            write_whole(self._targets_file, targets)
        if before is None or before[0] != rules:
            write_whole(self._rules_file, rules.encode())
            ask(self._client.reload, "the stack's Prometheus does not take the plan's rules")

    def _check_interval(self, plan: Plan) -> None:
        """Raise EnvironmentFault when the stack does not evaluate as often as the plan wants."""
        try:
            usual: dict[str, Any] = yaml.safe_load(self._client.configuration())["global"]
        except PrometheusFault as fault:
            raise EnvironmentFault(f"the stack's Prometheus does not say how often it scrapes: {fault}") from fault
        wanted = duration(plan.scrape_interval)
        found = {usual.get("scrape_interval"), usual.get("evaluation_interval")}
        if found != {wanted}:
            raise EnvironmentFault(
                f"the running stack scrapes every {usual.get('scrape_interval')}, the run's configuration wants "
                f"{wanted} (prometheus: scrape_interval); start the stack with the same configuration: `make down`, "
                "then `make up CONFIG=…`, or end it, and the run brings its own Prometheus"
            )

    def _files(self) -> Iterator[Path]:
        """What any run has put there."""
        for path in (*self._folder.glob("runs/*.yml"), *self._folder.glob("targets/*.json")):
            if OF_A_RUN.search(path.stem):
                yield path

    def _last_words(self, lines: int) -> str:
        if self._process is None:
            return "`docker compose logs prometheus` may say why"
        text = self._log.read_text(errors="replace").strip() if self._log.exists() else ""
        return f"its last words: {' | '.join(text.splitlines()[-lines:]) or 'it printed nothing'}"
