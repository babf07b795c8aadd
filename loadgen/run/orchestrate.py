"""One run from beginning to end: plan, stack, preflight, load, books, verdict."""

from __future__ import annotations

import http.client
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

import loadgen
from loadgen.config import ConfigError
from loadgen.model.measured import PIDS
from loadgen.model.plan import Plan
from loadgen.model.quantities import duration_text
from loadgen.model.record import COMPLETED, CONFIGURATION, ENVIRONMENT, INTERRUPTED, UNSENT, Event, RunRecord
from loadgen.query.client import Prometheus, PrometheusFault
from loadgen.query.live import snapshot
from loadgen.run.abort import Abort, Breach
from loadgen.run.announce import announce
from loadgen.run.assembly import Assembly, Ready
from loadgen.run.ending import answered_between, gather, show_verdict
from loadgen.run.errors import EnvironmentFault, Interrupted
from loadgen.run.expressions import check_expressions
from loadgen.run.folder import bring_results, logs_kept, save_judgement
from loadgen.run.home import gone_when_empty, make_run_folder, the_only_run
from loadgen.run.interrupt import Interrupt
from loadgen.run.listener import Ending, Listener
from loadgen.run.load import Load
from loadgen.run.notified import parted, untold
from loadgen.run.options import Options, plan_of
from loadgen.run.processes import Child, Processes
from loadgen.run.stack import answered_by_sim
from loadgen.run.surroundings import commit, facts, raise_descriptor_limit
from loadgen.run.workplace import workplace
from loadgen.storage import save, state_folder
from loadgen.telemetry.run_values import RunValues
from loadgen.verdict.judge import judge

SHOW_INTERVAL = 1.0
LOOK_INTERVAL = 0.5
"""Seconds between two looks at a run that its own criteria may stop."""
LIVE_PATIENCE = 2.0
REPORT_PATIENCE = 6.0
"""Seconds for Locust's master to write its own report after the last count."""


def run(options: Options, listener: Listener) -> Ending:
    """Make one run. Raises ConfigError or EnvironmentFault when it cannot begin, and then no load was sent."""
    state, now = state_folder(), datetime.now(UTC)
    # Whatever is wrong with the request shows before a folder is made.
    plan = plan_of(options, now.strftime("%Y%m%d%H%M%S"))
    check_expressions(options.config, plan, state)
    scenario = plan.scenario
    raise_descriptor_limit()
    with the_only_run(state, f"{scenario} of {now:%H:%M:%S} UTC"):
        folder, now_id = make_run_folder(options.output, scenario, now)
        with (
            gone_when_empty(folder),
            Interrupt() as interrupt,
            workplace(state, now_id) as work,
            logs_kept(work, folder),
            Processes(work / "logs", work / PIDS) as processes,
        ):
            interrupt.at_once = processes.kill_all
            with Assembly(options, now_id, state, work, processes, interrupt, listener) as assembly:
                return _Course(assembly, folder, listener, interrupt).run()


class _Course:
    """The steps of one run, and what must be written however it ends."""

    def __init__(self, assembly: Assembly, folder: Path, listener: Listener, interrupt: Interrupt) -> None:
        self._assembly = assembly
        self._folder = folder
        self._listener = listener
        self._interrupt = interrupt
        self._url = assembly.server.url
        self._live = Prometheus(self._url, timeout=LIVE_PATIENCE)

    def run(self) -> Ending:
        """Everything, in order."""
        draft = self._assembly.draft()
        save(self._folder / "plan.json", draft)
        self._listener.said(_heading(draft, self._folder))
        try:
            ready = self._assembly.prepare(draft, self._folder)
        except Interrupted as stop:
            self._listener.said(f"interrupted by signal {stop.signal} before the load began; nothing was sent")
            return self._end(draft, self._record(draft, INTERRUPTED, exit_signal=stop.signal), None, None)
        except (EnvironmentFault, ConfigError) as fault:
            events = tuple(Event(at=time.time(), kind="note", text=str(problem)) for problem in fault.problems)
            outcome = ENVIRONMENT if isinstance(fault, EnvironmentFault) else CONFIGURATION
            self._end(draft, self._record(draft, outcome, events=events), None, None)
            raise
        except OSError as error:
            raise EnvironmentFault(f"{error.filename or self._folder}: {error.strerror or error}") from error
        return self._load(ready)

    def _load(self, ready: Ready) -> Ending:
        plan, values = ready.plan, ready.values
        before = _answered(plan)
        start = ready.generators.go()
        values.start(start)
        watched = ready.generators.watch(start, self._interrupt, _Progress(plan, self._live, self._listener))
        self._listener.ends()
        if watched.outcome != COMPLETED:
            values.stop(time.time())
        if watched.signal is not None:
            self._listener.said(f"interrupted by signal {watched.signal}: stopping the load")
        if watched.aborted_by is not None:
            self._listener.said(watched.events[-1].text)
        load = ready.generators.close(start, watched)
        if load.outcome == COMPLETED:
            values.finish()
        elif watched.outcome == COMPLETED:
            values.stop(load.ended)
        after = _answered(plan)
        target = None if before is None or after is None else answered_between(before, after)
        return self._end(plan, self._record_of(plan, load, target=target), values, ready.master)

    def _record_of(self, plan: Plan, load: Load, **more: Any) -> RunRecord:
        books = load.books
        return self._record(
            plan,
            load.outcome,
            started=load.started,
            ended=load.ended,
            aborted_by=load.aborted_by,
            exit_signal=load.signal,
            events=load.events,
            locust=books.locust if books else None,
            workers=books.workers if books else None,
            **more,
        )

    def _record(self, plan: Plan, outcome: str, **more: Any) -> RunRecord:
        server = self._assembly.server
        nothing: dict[str, Any] = {"started": None, "ended": None}
        return RunRecord(
            run_id=plan.run_id,
            version=loadgen.__version__,
            commit=commit(),
            final_scrape=None,
            outcome=outcome,
            environment=facts(server.version),
            prometheus={
                "version": server.version,
                "url": server.url,
                "data": server.data,
                "started_by_us": server.started_by_us,
            },
            **(nothing | more),
        )

    def _end(self, plan: Plan, record: RunRecord, values: RunValues | None, master: Child | None) -> Ending:
        """Gather, judge, write, tell; then let the verdict reach Prometheus too."""
        client = Prometheus(self._url)
        record, evidence = gather(client, plan, record, values)
        if self._interrupt.signal is not None and record.outcome == COMPLETED:
            record = msgspec.structs.replace(record, outcome=INTERRUPTED, exit_signal=self._interrupt.signal)
        verdict = judge(plan, record, evidence)
        if master is not None:
            _wait_for(master)
        bring_results(self._assembly.work, self._folder, plan.failure_samples)
        save_judgement(self._folder, plan, record, evidence, verdict)
        ending = Ending(plan=plan, record=record, evidence=evidence, verdict=verdict, folder=self._folder)
        if values is not None:
            self._announce(client, ending)
        if record.outcome not in UNSENT:
            self._listener.judged(ending)
        if values is not None:
            show_verdict(client, plan, values, verdict, record)
        return ending

    def _announce(self, client: Prometheus, ending: Ending) -> None:
        """Have whoever is notified of alerts be notified of the verdict; where that fails, a note says so.

        They are told the name of the results' folder, and not where it lies on this machine.
        """
        try:
            named = client.alertmanagers()
        except PrometheusFault:
            return  # the verdict itself says by now that Prometheus is gone
        plan, folder = ending.plan, Path(*ending.folder.parts[-2:])
        told, left_out = (named, ()) if self._assembly.server.ours else parted(named, plan.target.allow)
        for url in left_out:
            self._listener.said(f"note: {untold(url)}")
        if said := announce(told, plan, ending.verdict, folder):
            self._listener.said(f"note: {said}")


def _heading(plan: Plan, folder: Path) -> str:
    length = duration_text(plan.duration)
    return (
        f"{plan.run_id}: {plan.purpose}\n"
        f"{plan.users} users at the peak, {length}, test type {plan.test_type}, target {plan.target.name}; "
        f"results go to {folder}; Ctrl-C ends it"
    )


class _Progress:
    """Looks how the load stands, shows it, and says when its own criteria stop it."""

    def __init__(self, plan: Plan, client: Prometheus, listener: Listener) -> None:
        self._plan, self._client, self._listener = plan, client, listener
        self._abort = Abort(plan)
        self._interval = LOOK_INTERVAL if plan.abort_on else SHOW_INTERVAL
        self._looked = 0.0

    def moment(self, elapsed: float) -> Breach | None:
        """Seconds since plan time 0."""
        if elapsed - self._looked < self._interval:
            return None
        self._looked = elapsed
        seen = snapshot(self._client, self._plan, time.time())
        breach = self._abort.look(elapsed, seen)
        if breach is None:
            self._listener.shows(self._plan, elapsed, seen, self._abort.waiting(elapsed, seen))
        return breach


def _wait_for(master: Child) -> None:
    """Locust's master writes its report after its last worker has gone."""
    deadline = time.monotonic() + REPORT_PATIENCE
    while master.exit_code() is None and time.monotonic() < deadline:
        time.sleep(0.05)


def _answered(plan: Plan) -> list[dict[str, Any]] | None:
    """The stand-in's own count; None for a target that has none, or that does not answer any more."""
    if plan.target.control is None:
        return None
    try:
        return answered_by_sim(plan.target.control)
    except (OSError, http.client.HTTPException, msgspec.DecodeError):
        return None
