"""Locust's own web page with our users, metrics and scenarios: for exploring, without a verdict."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from loadgen.model.measured import PIDS
from loadgen.run import stack
from loadgen.run.assembly import Assembly
from loadgen.run.errors import EnvironmentFault, Interrupted
from loadgen.run.home import port_is_free, the_only_run
from loadgen.run.interrupt import Interrupt
from loadgen.run.listener import Listener
from loadgen.run.options import Options
from loadgen.run.processes import Processes
from loadgen.run.workplace import workplace
from loadgen.storage import state_folder


def explore(options: Options, port: int, listener: Listener) -> int:
    """Serve the page until Ctrl-C; returns 0. Raises ConfigError or EnvironmentFault when it cannot begin."""
    if not port_is_free(port):
        raise EnvironmentFault(f"port {port} on 127.0.0.1 is taken; end what listens there or choose --web-port")
    state = state_folder()
    with (
        the_only_run(state, "exploring"),
        Interrupt() as interrupt,
        workplace(state, "exploring") as work,
        Processes(work / "logs", work / PIDS) as processes,
    ):
        interrupt.at_once = processes.kill_all
        now_id = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
        with Assembly(options, now_id, state, work, processes, interrupt, listener) as assembly:
            try:
                _serve(assembly, options, processes, work, port, interrupt, listener)
            except Interrupted:
                listener.said("ended; nothing was judged")
    return 0


def _serve(
    assembly: Assembly,
    options: Options,
    processes: Processes,
    work: Path,
    port: int,
    interrupt: Interrupt,
    listener: Listener,
) -> None:
    draft = assembly.draft()
    plan = assembly.start_services(draft, options.output)
    page = stack.start_page(processes, plan, work, port, Path(options.config.file))
    assembly.wait_for_prometheus(plan)
    listener.said(f"Locust's page: http://127.0.0.1:{port} (loads {plan.target.rest}); Ctrl-C ends it")
    if interrupt.wait(lambda: page.exit_code() is not None, float("inf"), step=0.2):
        raise EnvironmentFault(f"Locust's page ended: {page.last_words()}")
