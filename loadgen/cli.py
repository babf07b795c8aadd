"""`loadgen`: the only place that prints or exits."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from loadgen.arguments import read_arguments
from loadgen.complaints import complain, trace
from loadgen.config import Config, ConfigError, Problem, load_config
from loadgen.history.folders import holds_records, read_measured, resolve
from loadgen.model.verdict import (
    EXIT_ENVIRONMENT,
    EXIT_FAIL,
    EXIT_INTERNAL,
    EXIT_INTERRUPTED,
    EXIT_PASS,
    EXIT_USAGE,
)
from loadgen.plan import RunRequest, describe
from loadgen.reporting import ended, program, reported
from loadgen.run.errors import EnvironmentFault, Interrupted
from loadgen.run.listener import Ending
from loadgen.run.options import Options, plan_of
from loadgen.run.surroundings import cores, nvidia
from loadgen.storage import REPOSITORY, save, state_folder
from loadgen.terminal import Terminal
from loadgen.verdict.judge import judge


def main(words: list[str] | None = None) -> None:
    """Run the command and leave with its exit code."""
    commands = {
        "run": _run,
        "judge": _judge,
        "report": _report,
        "compare": _compare,
        "runs": _runs,
        "baseline": _baseline,
        "rules": _rules,
        "doctor": _doctor,
        "ui": _ui,
        "up": _up,
        "down": _down,
    }
    arguments = read_arguments(sys.argv[1:] if words is None else words, commands)
    try:
        code = arguments.command(arguments)
    except ConfigError as error:
        complain(*map(str, error.problems))
        code = EXIT_USAGE
    except EnvironmentFault as fault:
        complain(*fault.problems)
        code = EXIT_ENVIRONMENT
    except Interrupted as stop:
        code = EXIT_INTERRUPTED + stop.signal
    except KeyboardInterrupt:
        code = EXIT_INTERRUPTED + signal.SIGINT
    except OSError as error:
        complain(f"{error.filename or 'a file'}: {error.strerror or error}; what was written before is kept")
        code = EXIT_INTERNAL
    except Exception as error:  # noqa: BLE001 - the last door: no traceback for the user, and our exit code
        complain(f"an error of our own, {type(error).__name__}: {error}; {trace()}")
        code = EXIT_INTERNAL
    _leave(code)


def _leave(code: int) -> NoReturn:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would try once more at its own end, complain, and exit with 120.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _request(arguments: argparse.Namespace) -> RunRequest:
    return RunRequest(
        scenario=arguments.scenario,
        test_type=arguments.test_type,
        target=arguments.target,
        users=arguments.users,
        spawn_rate=arguments.spawn_rate,
        duration=arguments.duration,
        time_scale=arguments.time_scale,
        workers=arguments.workers,
        seed=arguments.seed,
        host=arguments.host,
        allow=tuple(host.lower() for host in arguments.allow_host),
        log_requests=getattr(arguments, "log_requests", False),
        cores=cores(),
        nvidia=nvidia(),
    )


def _options(arguments: argparse.Namespace) -> Options:
    config: Config = load_config(arguments.config)
    output = _output(arguments, config)
    baseline = getattr(arguments, "baseline", None)
    prometheus = getattr(arguments, "prometheus", None)
    return Options(config=config, request=_request(arguments), output=output, baseline=baseline, prometheus=prometheus)


def _output(arguments: argparse.Namespace, config: Config | None = None) -> Path:
    """Where runs are: as said, else as the configuration has it."""
    given: Path | None = getattr(arguments, "output_dir", None)
    return given or Path((config or load_config(arguments.config)).defaults.output_dir)


def _printed(text: str) -> int:
    # Whoever reads it may have had enough. Only here: a broken pipe in the middle of a run must not read as a pass.
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(text)
    return EXIT_PASS


def _now_id() -> str:
    return datetime.now(UTC).strftime("%Y%m%d%H%M%S")


def _run(arguments: argparse.Namespace) -> int:
    options = _options(arguments)
    if arguments.repeat:
        return _series(options, arguments)
    if arguments.dry_run:
        return _printed(describe(plan_of(options, _now_id())) + "\n")
    # Everything that a run needs is loaded only for one.
    from loadgen.run.orchestrate import run

    terminal = Terminal()
    return ended(run(options, terminal), terminal, report=not arguments.no_report)


def _series(options: Options, arguments: argparse.Namespace) -> int:
    from loadgen.run.repeat import Made, announced, examine_all, repeat, sides_of

    sides, plans = sides_of(options, _now_id(), arguments.against_target, arguments.against_config)
    heading = announced(sides, plans, arguments.repeat)
    if arguments.dry_run:
        return _printed("\n".join((heading, "", *map(describe, plans))))
    from loadgen.run.orchestrate import run

    def make(one: Options) -> Made:
        terminal = Terminal()
        ending = run(one, terminal)
        code = ended(ending, terminal, report=not arguments.no_report)
        return Made(folder=ending.folder, verdict=ending.verdict.verdict, code=code)

    terminal = Terminal()
    terminal.said(heading)
    if len(sides) > 1:
        examine_all(sides, terminal)
    return repeat(sides, arguments.repeat, make, terminal.said, program())


def _report(arguments: argparse.Namespace) -> int:
    return reported(_folder(arguments), Terminal())


def _folder(arguments: argparse.Namespace) -> Path:
    """Of the run that is named. Raises ConfigError when there is none."""
    given = Path(arguments.run)
    if arguments.run and holds_records(given):  # an empty word would be the current folder
        return given
    try:
        return resolve(_output(arguments), arguments.run)
    except ValueError as error:
        raise ConfigError([Problem(file="command line", line=None, key="RUN", text=str(error))]) from None


def _judge(arguments: argparse.Namespace) -> int:
    folder = _folder(arguments)
    try:
        found = read_measured(folder)
    except ValueError as error:
        complain(str(error))
        return EXIT_USAGE
    plan, record, evidence = found.plan, found.record, found.evidence
    verdict = judge(plan, record, evidence)
    ending, terminal = Ending(plan=plan, record=record, evidence=evidence, verdict=verdict, folder=folder), Terminal()
    terminal.judged(ending)
    save(folder / "verdict.json", verdict)
    # Else it would go on saying what was judged before.
    return ended(ending, terminal)


def _compare(arguments: argparse.Namespace) -> int:
    from loadgen.report.comparison.command import Asked, Speaks, compare_runs

    config, terminal = load_config(arguments.config), Terminal()
    asked = Asked(
        config=config,
        base=tuple(arguments.base),
        run=tuple(arguments.run),
        force=arguments.force,
        output=_output(arguments, config),
        folder=arguments.output,
        now=datetime.now(UTC),
    )
    return compare_runs(asked, Speaks(terminal.said, terminal.said, complain))


def _runs(arguments: argparse.Namespace) -> int:
    from loadgen.history.commands import show_runs

    return _printed(show_runs(_output(arguments), json=arguments.json))


def _baseline(arguments: argparse.Namespace) -> int:
    from loadgen.history.commands import remove_baseline, set_baseline, show_baselines

    output = _output(arguments)
    try:
        if arguments.action == "set":
            return _printed(set_baseline(output, arguments.run, arguments.name))
        if arguments.action == "remove":
            return _printed(remove_baseline(output, arguments.name))
    except ValueError as error:
        complain(str(error))
        return EXIT_USAGE
    return _printed(show_baselines(output, json=arguments.json))


def _rules(arguments: argparse.Namespace) -> int:
    from loadgen.rules import committed, write_committed

    config = load_config(arguments.config)
    if not arguments.check:
        write_committed(config, REPOSITORY)
        return EXIT_PASS
    apart = [name for name, text in committed(config).items() if _text(REPOSITORY / name) != text]
    complain(*(f"{name} is not what the configuration says; `loadgen rules` writes it anew" for name in apart))
    return EXIT_FAIL if apart else EXIT_PASS


def _text(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


def _doctor(arguments: argparse.Namespace) -> int:
    from loadgen.run.doctor import examine

    examine(_options(arguments), Terminal())
    return EXIT_PASS


def _ui(arguments: argparse.Namespace) -> int:
    from loadgen.run.explore import explore

    return explore(_options(arguments), arguments.web_port, Terminal())


def _up(arguments: argparse.Namespace) -> int:
    from loadgen.stack.up import up

    up(load_config(arguments.config), state_folder(), arguments.ports, Terminal().said)
    return EXIT_PASS


def _down(_: argparse.Namespace) -> int:
    from loadgen.stack.up import down

    down(state_folder(), Terminal().said)
    return EXIT_PASS
