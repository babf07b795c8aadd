"""A run on the stack that stands: its rules and targets are put into the stack's folders and taken out again."""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path
from typing import Any

import msgspec
import yaml

from loadgen.catalogue.promql import duration, seconds_in
from loadgen.model.measured import PIDS, PROMETHEUS
from loadgen.model.plan import Plan
from loadgen.query.client import Prometheus, PrometheusFault
from loadgen.rules import stack_rules
from loadgen.rules.target_groups import target_groups
from loadgen.run.alertmanager_client import end_alerts
from loadgen.run.errors import EnvironmentFault
from loadgen.run.server import Distant, Part, ask
from loadgen.run.standing import Standing
from loadgen.storage import write_whole

OF_A_RUN = re.compile(r"-\d{14}(-\d+)?")
"""Ends a run's id; the files in the stack's folders that are called so were put there by a run."""

LAST_PATIENCE = 3.0
"""Seconds for the last word to a Prometheus that may be gone."""


NOTIFIED_PATIENCE = 15.0
"""Seconds from a reload within which Prometheus must know again whom to notify; then a run begins all the same."""


def take_away_left(folder: Path) -> list[str]:
    """Delete what runs that were killed have left in the stack's folder; returns their ids. No run is under way."""
    left = [path for path in (*folder.glob("runs/*.yml"), *folder.glob("targets/*.json")) if OF_A_RUN.search(path.stem)]
    for path in left:
        path.unlink(missing_ok=True)
    return sorted({path.stem for path in left})


class StandingPrometheus:
    """The stack's Prometheus. A `Server`."""

    started_by_us, ours = False, True

    def __init__(self, standing: Standing, state: Path, work: Path) -> None:
        """Raises EnvironmentFault when it does not answer."""
        self.url = standing.prometheus
        self._client = Prometheus(self.url)
        self._process, self._folder = standing.process(PROMETHEUS), Path(standing.folder)
        self._log, self._work = state / "stack" / "logs" / "prometheus.log", work
        self._alertmanager, self._reloaded = standing.alertmanager, 0.0
        self._given: tuple[str, bytes] | None = None
        self._run_id = self._telemetry = ""
        self.data = str(state / "prometheus") if self._process else ""
        try:
            self.version = self._client.version()
        except PrometheusFault as fault:
            raise EnvironmentFault(f"the stack was started, but {fault}; `make down`, then `make up`") from fault
        self.place = f"using the running stack: Prometheus {self.version} at {self.url}; it stays up after the run"

    def check(self, plan: Plan) -> None:
        """Raise EnvironmentFault when the stack does not scrape and evaluate as often as the plan wants."""
        try:
            usual: dict[str, Any] = yaml.safe_load(self._client.configuration())["global"]
        except PrometheusFault as fault:
            raise EnvironmentFault(f"the stack's Prometheus does not say how often it scrapes: {fault}") from fault
        wanted = duration(plan.scrape_interval)
        intervals = [str(usual.get(name)) for name in ("scrape_interval", "evaluation_interval")]
        if any(seconds_in(text) != seconds_in(wanted) for text in intervals):
            raise EnvironmentFault(
                f"the running stack scrapes every {intervals[0]} and evaluates its rules every {intervals[1]}, the "
                f"run's configuration wants {wanted} (prometheus: scrape_interval); start the stack with the same "
                "configuration: `make down`, then `make up CONFIG=…`, or end it, and the run brings its own Prometheus"
            )

    def begin(self, draft: Plan, telemetry: str) -> Part:
        """Give it the plan's rules and targets; what a killed run left there is taken away."""
        self.check(draft)
        left = take_away_left(self._folder)
        self._run_id, self._telemetry = draft.run_id, telemetry
        alertmanagers = self._alertmanagers()
        self._give(draft)
        for run_id in left:
            end_alerts(alertmanagers, run_id, LAST_PATIENCE)
        process = self._process
        if process is not None:
            write_whole(self._work / PIDS / f"{PROMETHEUS}.pid", f"{process.pid}\n".encode())
        return Distant(self.url, self._last_words, lambda: process is None or process.alive())

    def update(self, plan: Plan) -> None:
        """Give it the plan's rules where they have changed."""
        self._give(plan)

    def loaded(self, plan: Plan) -> bool:
        """Whether every rule of the plan was evaluated, and whoever is to hear of it would be told.

        Raises EnvironmentFault for a rule that cannot be evaluated.
        """
        wanted = {group["name"] for group in yaml.safe_load(stack_rules(plan))["groups"]}
        try:
            groups = [one for one in self._client.rules() if Path(one["file"]).stem == plan.run_id]
        except PrometheusFault as fault:
            raise EnvironmentFault(f"the stack's Prometheus does not say which rules it has: {fault}") from fault
        rules = [rule for group in groups for rule in group["rules"]]
        if said := [f"{rule['name']}: {rule['lastError']}" for rule in rules if rule["health"] == "err"]:
            raise EnvironmentFault(f"Prometheus at {self.url} cannot evaluate a rule of the plan: {said[0]}")
        evaluated = wanted <= {group["name"] for group in groups} and all(rule["health"] == "ok" for rule in rules)
        return evaluated and self._notifies()

    def unseen(self) -> str:
        """Where to look."""
        return f"; {self._last_words(3)}"

    def end(self) -> None:
        """Take rules and targets away, and with them the alerts that still fire."""
        if self._given is None:
            return
        self._given = None
        alertmanagers = self._alertmanagers()
        with contextlib.suppress(OSError):
            for path in (self._rules_file, self._targets_file):
                path.unlink(missing_ok=True)
        with contextlib.suppress(PrometheusFault):
            self._last_client().reload()
        # Afterwards: as long as there is the rule, Prometheus would say again that it fires.
        end_alerts(alertmanagers, self._run_id, LAST_PATIENCE)

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
            self._reloaded = time.monotonic()

    def _last_client(self) -> Prometheus:
        return Prometheus(self.url, timeout=LAST_PATIENCE, patience=0.0)

    def _alertmanagers(self) -> tuple[str, ...]:
        """Whom it notifies: those that it names, else the stack's, for after a reload it names none for seconds."""
        with contextlib.suppress(PrometheusFault):
            if found := self._last_client().alertmanagers():
                return found
        return (self._alertmanager,) if self._alertmanager else ()

    def _notifies(self) -> bool:
        """Whether it names the stack's Alertmanager again: until then it drops alerts, and sends them a minute later.

        Prometheus looks anew for its Alertmanagers when it reads its configuration; 2.42 needs five seconds for it.
        """
        if self._alertmanager is None or time.monotonic() - self._reloaded > NOTIFIED_PATIENCE:
            return True
        with contextlib.suppress(PrometheusFault):
            return any(url.startswith(f"{self._alertmanager}/") for url in self._client.alertmanagers())
        return False

    def _last_words(self, lines: int) -> str:
        if self._process is None:
            return "`docker compose logs prometheus` may say why"
        text = self._log.read_text(errors="replace").strip() if self._log.exists() else ""
        return f"its last words: {' | '.join(text.splitlines()[-lines:]) or 'it printed nothing'}"
