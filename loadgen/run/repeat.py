"""A series of runs for a comparison: of one side, or of two that take turns."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from loadgen.compare.alike import seeds_apart, unlike
from loadgen.config import ConfigError, Problem, load_config
from loadgen.config.problems import unknown
from loadgen.model.plan import Plan
from loadgen.model.quantities import duration_text
from loadgen.model.verdict import INVALID
from loadgen.plan.asked import flag
from loadgen.plan.tables import counted
from loadgen.run.doctor import examine
from loadgen.run.errors import EnvironmentFault
from loadgen.run.expressions import check_expressions
from loadgen.run.interrupt import Interrupt
from loadgen.run.listener import Listener
from loadgen.run.options import Options, plan_of
from loadgen.storage import state_folder


class Side(Struct, frozen=True, kw_only=True):
    """One of what is compared."""

    name: str
    """For people: its target or its configuration."""
    options: Options


class Made(Struct, frozen=True, kw_only=True):
    """One run that was made. `code`: what `loadgen run` ends in for it alone."""

    folder: Path
    verdict: str
    code: int


def in_turns(sides: int, times: int) -> Iterator[int]:
    """The side of each run: 0 1 1 0 0 1 1 0 …, each `times` times.

    Whatever drifts evenly (a machine that warms up, a cache that fills) then weighs on both sides alike: exactly where
    `times` is even, and by one place in all where it is odd. When they just alternate one side always comes second.
    """
    for turn in range(times):
        order = range(sides)
        yield from order if turn % 2 == 0 else reversed(order)


def sides_of(
    options: Options, now_id: str, target: str | None = None, config: Path | None = None
) -> tuple[list[Side], list[Plan]]:
    """What is compared, and the plan of each: `options`, and the same with another target or configuration, if given.

    Raises ConfigError with all that is wrong with any side, and when their runs could not be compared.
    """
    other, problems = _other(options, target, config)
    aimed_at = options.request.target or options.config.defaults.target
    sides = [Side(name=options.config.file if config else aimed_at, options=options), *other]
    plans: list[Plan] = []
    for side in sides:
        try:
            plan = plan_of(side.options, now_id)
            check_expressions(side.options.config, plan, state_folder())
            plans.append(replace(plan, run_id=side.name))
        except ConfigError as error:
            problems += error.problems
    if not problems and other:
        apart = (*unlike(plans[0], plans[1:]), *seeds_apart(plans[:1], plans[1:]))
        problems += [flag("", f"the two sides could not be compared. {text}") for text in apart]
    if problems:
        raise ConfigError(dict.fromkeys(problems))
    return sides, plans


def _other(options: Options, target: str | None, config: Path | None) -> tuple[list[Side], list[Problem]]:
    """The second side, if there is to be one and it can be had."""
    if config is not None:
        try:
            return [Side(name=str(config), options=replace(options, config=load_config(config)))], []
        except ConfigError as error:
            return [], list(error.problems)
    if target is None:
        return [], []
    problems = []
    if target not in options.config.targets:
        problems.append(flag("--against-target", unknown(target, options.config.targets)))
    if options.request.host is not None:
        text = "given, so that both sides would be the same; allowed: targets with addresses of their own"
        problems.append(flag("--host", text))
    request = replace(options.request, target=target)
    return ([], problems) if problems else ([Side(name=target, options=replace(options, request=request))], [])


def announced(sides: Sequence[Side], plans: Sequence[Plan], times: int) -> str:
    """What will be done, for people."""
    total = len(sides) * times
    order = " ".join("AB"[number] for number in in_turns(len(sides), times))
    names = ", ".join(f"{letter} is {side.name}" for letter, side in zip("AB", sides, strict=False))
    load = duration_text(times * sum(plan.duration for plan in plans))
    turns = f" in the order {order}; {names}" if len(sides) > 1 else f" of {sides[0].name}"
    return f"{counted(total, 'run')}, {load} of load in all,{turns}"


def examine_all(sides: Sequence[Side], listener: Listener) -> None:
    """The checks that come before a run, of every side. Raises EnvironmentFault with all that failed on any."""
    problems: list[str] = []
    for side in sides:
        listener.said(f"checks before the first run: {side.name}")
        try:
            examine(side.options, listener)
        except EnvironmentFault as fault:
            problems += (f"{side.name}: {problem}" for problem in fault.problems)
    if problems:
        raise EnvironmentFault(*problems)


def repeat(
    sides: Sequence[Side], times: int, make: Callable[[Options], Made], say: Callable[[str], None], program: str
) -> int:
    """Make every run, one after the other; the highest of their exit codes, so 0 only when all passed.

    Whatever ends a run before it could begin, and a signal, ends the series. However it ends, what was made is told,
    with the command that compares it; `program` is how `loadgen` is called. Raises what `make` raises, and Interrupted.
    """
    made: list[list[Made]] = [[] for _ in sides]
    total = len(sides) * times
    left = "what was made so far stays"
    try:
        with Interrupt(left) as interrupt:
            for number, side in enumerate(in_turns(len(sides), times), 1):
                interrupt.check()
                say(f"\nrun {number} of {total}: {sides[side].name}")
                made[side].append(make(sides[side].options))
            interrupt.check()
    finally:
        say(f"\n{summed_up(sides, made, total, program)}")
    return max(run.code for runs in made for run in runs)


def summed_up(sides: Sequence[Side], made: Sequence[Sequence[Made]], total: int, program: str) -> str:
    """What was made, and the command that compares it."""
    count = sum(map(len, made))
    lines = [f"{counted(total, 'run')} made" if count == total else f"{count} of {counted(total, 'run')} made"]
    lines += (f"  {side.name}: {_verdicts(runs)}" for side, runs in zip(sides, made, strict=True))
    usable = [[str(run.folder) for run in runs if run.verdict != INVALID] for runs in made]
    if left_out := count - sum(map(len, usable)):
        lines.append(f"{left_out} INVALID left out of what follows: a run that cannot tell is not compared")
    return "\n".join((*lines, _compare(usable, program)))


def _compare(usable: Sequence[Sequence[str]], program: str) -> str:
    if not all(usable):
        return "nothing can be compared: each side needs a run that ended in PASS or FAIL"
    base = f"{program} compare --base {shlex.join(usable[0])}"
    if len(usable) == 1:
        return f"compare these with later runs: {base} --run RUN …"
    return f"compare them: {base} --run {shlex.join(usable[1])}"


def _verdicts(runs: Sequence[Made]) -> str:
    counts = Counter(run.verdict for run in runs)
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) or "no run"
