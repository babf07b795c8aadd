"""The report at the end of a run, and the exit code that is left then."""

from __future__ import annotations

import shlex
import sys
from functools import partial
from pathlib import Path

from loadgen.complaints import complain, trace
from loadgen.model.verdict import EXIT_INTERNAL, EXIT_INTERRUPTED, EXIT_PASS, EXIT_USAGE
from loadgen.run.errors import Interrupted
from loadgen.run.interrupt import Interrupt
from loadgen.run.listener import Ending
from loadgen.terminal import Terminal


def ended(ending: Ending, terminal: Terminal, *, report: bool = True) -> int:
    """The exit code of a run that was judged, after its report and the last line.

    A report that could not be written changes no verdict, but of a pass that leaves none nobody shall hear by a 0. Who
    interrupts the report wants the end, of a series of runs too.
    """
    sent = ending.record.started is not None
    alone = reported(ending.folder, terminal) if report and sent else EXIT_PASS
    code = alone if alone > EXIT_INTERRUPTED else ending.verdict.exit_code or alone
    terminal.last_line(ending.verdict, code)
    return code


def reported(folder: Path, terminal: Terminal) -> int:
    """Write a run's report; the exit code of that alone. The records stay whatever becomes of it."""
    again = f"the records are kept, and `{program()} report {shlex.quote(str(folder))}` makes the report"
    try:
        # It loads what draws, which during a load would take the generator's time.
        from loadgen.report.files import NoRun, NotWhole, write_report

        with Interrupt(again) as interrupt:
            page = write_report(folder, partial(_works, interrupt, terminal))[0]
    except NoRun as error:
        complain(str(error))
        return EXIT_USAGE
    except NotWhole as error:
        complain(f"{error}; {f'{trace()}; ' if error.ours else ''}{again}")
        return EXIT_INTERNAL
    except Interrupted as stop:
        complain(f"the report was interrupted by signal {stop.signal}; {again}")
        return EXIT_INTERRUPTED + stop.signal
    except OSError as error:
        complain(f"the report could not be made: {error.filename or folder}: {error.strerror or error}; {again}")
        return EXIT_INTERNAL
    except Exception as error:  # noqa: BLE001 - the verdict and its exit code do not hang on it
        complain(f"the report could not be made, {type(error).__name__}: {error}; {trace()}; {again}")
        return EXIT_INTERNAL
    finally:
        terminal.ends()
    terminal.said(f"report in {folder / page.name}")
    return EXIT_PASS


def program() -> str:
    """How `loadgen` is called here, for commands that are there to be copied."""
    command = Path(sys.executable).with_name("loadgen")
    if not command.exists():
        return shlex.join((sys.executable, "-m", "loadgen"))
    return shlex.quote(str(command.relative_to(Path.cwd()) if command.is_relative_to(Path.cwd()) else command))


def _works(interrupt: Interrupt, terminal: Terminal, text: str) -> None:
    interrupt.check()
    terminal.works(f"report: {text}")
