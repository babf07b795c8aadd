"""The checks that come before a run, alone."""

from __future__ import annotations

from datetime import UTC, datetime

from loadgen.model.measured import PIDS
from loadgen.run.assembly import Assembly
from loadgen.run.exporters import take_dsns
from loadgen.run.expressions import check_expressions
from loadgen.run.home import the_only_run
from loadgen.run.interrupt import Interrupt
from loadgen.run.listener import Listener
from loadgen.run.options import Options
from loadgen.run.processes import Processes
from loadgen.run.surroundings import OK, Finding
from loadgen.run.workplace import workplace
from loadgen.storage import state_folder


def examine(options: Options, listener: Listener) -> None:
    """Look at machine, Prometheus and target as a run would. Raises EnvironmentFault with all that failed."""
    state = state_folder()
    with (
        the_only_run(state, "doctor"),
        Interrupt() as interrupt,
        workplace(state, "doctor") as work,
        Processes(work / "logs", work / PIDS) as processes,
    ):
        interrupt.at_once = processes.kill_all
        now_id = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
        assembly = Assembly(options, now_id, state, work, processes, interrupt, listener)
        server = assembly.server
        draft = assembly.draft()
        assembly.check_server(draft)
        text = f"version {server.version}" if server.started_by_us else server.place
        listener.found(Finding(name="prometheus", state=OK, text=text))
        if expressions := check_expressions(options.config, draft, state):
            listener.found(expressions)
        plan = assembly.ask_target(draft, options.output, take_dsns(draft))
        assembly.check_server(plan)
