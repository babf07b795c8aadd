"""`loadgen`: the only place that prints or exits."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import msgspec

from loadgen.arguments import read_arguments
from loadgen.config import Config, ConfigError, load_config
from loadgen.model.evidence import Evidence
from loadgen.model.plan import Plan
from loadgen.model.record import RunRecord
from loadgen.model.verdict import (
    EXIT_ENVIRONMENT,
    EXIT_FAIL,
    EXIT_INTERNAL,
    EXIT_INTERRUPTED,
    EXIT_PASS,
    EXIT_USAGE,
    Verdict,
)
from loadgen.plan import RunRequest, describe
from loadgen.run.errors import EnvironmentFault, Interrupted
from loadgen.run.home import REPOSITORY, state_folder
from loadgen.run.options import Options, plan_of
from loadgen.run.surroundings import cores, nvidia
from loadgen.storage import load, save, write_whole
from loadgen.terminal import Terminal
from loadgen.verdict.judge import judge


def main(words: list[str] | None = None) -> None:
    """Run the command and leave with its exit code."""
    commands = {
        "run": _run,
        "judge": _judge,
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
        _complain(*map(str, error.problems))
        code = EXIT_USAGE
    except EnvironmentFault as fault:
        _complain(*fault.problems)
        code = EXIT_ENVIRONMENT
    except Interrupted as stop:
        code = EXIT_INTERRUPTED + stop.signal
    except KeyboardInterrupt:
        code = EXIT_INTERRUPTED + signal.SIGINT
    except OSError as error:
        _complain(f"{error.filename or 'a file'}: {error.strerror or error}; what was written before is kept")
        code = EXIT_INTERNAL
    except Exception as error:  # noqa: BLE001 - the last door: no traceback for the user, and our exit code
        _complain(f"an error of our own, {type(error).__name__}: {error}; {_trace()}")
        code = EXIT_INTERNAL
    _leave(code)


def _leave(code: int) -> NoReturn:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would try once more at its own end, complain, and exit with 120.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _complain(*problems: str) -> None:
    # Nobody may be listening any more; the exit code still says it, and must stay ours.
    with contextlib.suppress(BrokenPipeError):
        for problem in problems:
            sys.stderr.write(f"{problem}\n")


def _trace() -> str:
    """Where the trace of the current exception was written."""
    path = state_folder() / "last_error.txt"
    try:
        write_whole(path, traceback.format_exc().encode())
    except OSError:
        return "its trace could not be written"
    return f"its trace is in {path}"


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
    output = getattr(arguments, "output_dir", None) or Path(config.defaults.output_dir)
    baseline = getattr(arguments, "baseline", None)
    prometheus = getattr(arguments, "prometheus", None)
    return Options(config=config, request=_request(arguments), output=output, baseline=baseline, prometheus=prometheus)


def _now_id() -> str:
    return datetime.now(UTC).strftime("%Y%m%d%H%M%S")


def _run(arguments: argparse.Namespace) -> int:
    options = _options(arguments)
    if arguments.dry_run:
        text = describe(plan_of(options, _now_id())) + "\n"
        # Whoever reads it may have had enough. Only here: a broken pipe in the middle of a run must not read as a pass.
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.write(text)
        return EXIT_PASS
    # Everything that a run needs is loaded only for one.
    from loadgen.run.orchestrate import run

    return run(options, Terminal()).verdict.exit_code


def _judge(arguments: argparse.Namespace) -> int:
    folder: Path = arguments.folder
    try:
        plan, record = load(folder / "plan.json", Plan), load(folder / "run.json", RunRecord)
        evidence = load(folder / "evidence.json", Evidence)
    except OSError as error:
        _complain(f"{error.filename}: {error.strerror}; is {folder} the folder of a run that came to its end?")
        return EXIT_USAGE
    except msgspec.MsgspecError as error:
        _complain(f"{folder}: a record cannot be read: {error}; it was written by another version, or changed")
        return EXIT_USAGE
    verdict: Verdict = judge(plan, record, evidence)
    from loadgen.run.listener import Ending

    Terminal().judged(Ending(plan=plan, evidence=evidence, verdict=verdict, folder=folder))
    save(folder / "verdict.json", verdict)
    return verdict.exit_code


def _rules(arguments: argparse.Namespace) -> int:
    from loadgen.rules import committed, write_committed

    config = load_config(arguments.config)
    if not arguments.check:
        write_committed(config, REPOSITORY)
        return EXIT_PASS
    apart = [name for name, text in committed(config).items() if _text(REPOSITORY / name) != text]
    _complain(*(f"{name} is not what the configuration says; `loadgen rules` writes it anew" for name in apart))
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
