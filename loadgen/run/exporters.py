"""The exporters of a run: which it starts, what they are told, and the secrets that only they get."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path

from loadgen.model.measured import DBPOOL, EXPORTERS, HOST, Database, Measured, ProcessGroup, Scrape
from loadgen.model.plan import Plan
from loadgen.run.errors import EnvironmentFault
from loadgen.run.processes import Child, Processes
from loadgen.run.stack import environment, python

ROLE = "exporter-"
"""Begins the roles of the processes, `exporter-host`."""


def started(measured: Measured) -> tuple[Scrape, ...]:
    """The scrapes whose exporters the run starts."""
    return tuple(scrape for scrape in measured.scrapes if scrape.ours and scrape.job in EXPORTERS)


def take_dsns(plan: Plan, variables: MutableMapping[str, str] | None = None) -> dict[str, str]:
    """The environment variables in which DSNs stand, taken out of our own environment: no other child inherits them.

    What the stand-in reads too stays. Raises EnvironmentFault naming all that are missing and the files that cannot be
    read, and no value.
    """
    variables = os.environ if variables is None else variables
    problems = [
        f"database {one.name}: {problem}" for one in plan.measured.databases if (problem := _lacks(one, variables))
    ]
    if problems:
        raise EnvironmentFault(*problems)
    names = {place for kind, place in map(_place, plan.measured.databases) if kind == "env"}
    found = {name: variables[name] for name in names}
    for name in names - {plan.target.options.get("dsn_env")}:
        del variables[name]
    return found


def _place(database: Database) -> tuple[str, str]:
    kind, _, place = database.dsn.partition(":")
    return kind, place


def _lacks(database: Database, variables: Mapping[str, str]) -> str | None:
    kind, place = _place(database)
    if kind == "env":
        return (
            None if variables.get(place) else f"the environment variable {place} is not set; export it before the run"
        )
    if not Path(place).is_absolute():
        return None  # the run's own, written when its databases are started
    try:
        Path(place).read_bytes()
    except OSError as error:
        return f"{place} cannot be read: {error.strerror}; name a readable file that holds the DSN"
    return None


def start_exporters(processes: Processes, plan: Plan, work: Path, dsns: Mapping[str, str]) -> list[Child]:
    """Start what the plan asks for, all at once; files that the run writes for them are below `work`."""
    return [_start(processes, scrape, plan.measured, work, dsns) for scrape in started(plan.measured)]


def _start(processes: Processes, scrape: Scrape, measured: Measured, work: Path, dsns: Mapping[str, str]) -> Child:
    command = [*exporter_command(scrape, measured, work), "--parent", str(os.getpid())]
    own = dsns if scrape.job == DBPOOL else {}
    return processes.start(f"{ROLE}{scrape.job}", command, environment(**own), work)


def exporter_command(scrape: Scrape, measured: Measured, work: Path) -> list[str]:
    """The command line of one exporter. Files that the run writes for it are below `work`."""
    command = python("exporters", scrape.job, "--listen", scrape.address)
    if scrape.job == HOST:
        for group in measured.groups:
            command += _group(group, work)
    if scrape.job == DBPOOL:
        for database in measured.databases:
            command += [f"--{database.kind}", f"{database.name}={_dsn(database, work)}"]
    return command


def _group(group: ProcessGroup, work: Path) -> Iterator[str]:
    if group.match:  # else it was told to an exporter elsewhere
        value = str(work / group.pattern) if group.match == "pid_file" else group.pattern
        yield from ("--group", f"{group.name}:{group.match}={value}")


def _dsn(database: Database, work: Path) -> str:
    kind, place = _place(database)
    return f"file:{work / place}" if kind == "file" else database.dsn
