"""What the parts of a target's `measure:` say about each other, and where its files are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from loadgen.config import problems
from loadgen.config.measure import NONE, START, DatabaseSettings, GroupSettings, MeasureSettings
from loadgen.config.problems import one_of, shown
from loadgen.config.reader import Reader
from loadgen.model.measured import EXPORTERS, JUNE, LOADTEST, OWN_GROUPS, SIM, SIM_GROUPS

Fault = tuple[problems.Path, str]
"""Where below `measure:`, and what."""


def checked_measure(
    reader: Reader, kind: object, measure: MeasureSettings, folder: Path, path: problems.Path
) -> MeasureSettings:
    """The block with paths that lead there from anywhere. What does not fit together is noted in the reader."""
    faults = (*_names(kind, measure), *_groups(measure), *_databases(measure), *_twice(measure))
    for at, text in faults:
        reader.problem((*path, *at), text)
    return measure.model_copy(
        update={
            "processes": {name: _group(folder, group) for name, group in measure.processes.items()},
            "databases": {name: _database(folder, database) for name, database in measure.databases.items()},
        }
    )


def _names(kind: object, measure: MeasureSettings) -> Iterator[Fault]:
    """Names that the run gives itself."""
    taken = {
        "processes": (*OWN_GROUPS, *(SIM_GROUPS if kind == SIM else ())),
        "databases": SIM_GROUPS if kind == SIM else (),
        "scrape": (LOADTEST, *EXPORTERS, *((JUNE,) if kind == SIM else ())),
    }
    for block, names in taken.items():
        for name in getattr(measure, block):
            if name in names:
                text = f"the name {shown(name)}, which the run itself gives; allowed: any but {one_of(names)}"
                yield (block, name), text


def _groups(measure: MeasureSettings) -> Iterator[Fault]:
    """A group is told to the exporter that the run starts, or was told to one that runs elsewhere."""
    elsewhere = [place for place in measure.host if place != START]
    for name, group in measure.processes.items():
        if not measure.host:
            yield ("processes", name), f"a group, but host is {NONE}; allowed: groups with an exporter that counts them"
        elif group.match is None and not elsewhere:
            yield ("processes", name), "nothing to find it by; allowed: one of name, cmdline, pid_file, cgroup"
        elif group.match is not None and START not in measure.host:
            text = (
                f"{group.match}, but the exporter is not started by the run; allowed: none here, "
                "for it is told its groups where it is started (cpu may stand here)"
            )
            yield ("processes", name, group.match), text


def _databases(measure: MeasureSettings) -> Iterator[Fault]:
    if measure.databases and START not in measure.dbpool:
        text = "databases, but the run starts no exporter for them; allowed: with dbpool: start, or none"
        yield ("databases",), text


def _twice(measure: MeasureSettings) -> Iterator[Fault]:
    """An endpoint that would be scraped twice: its series would count double."""
    seen: dict[tuple[str, str], str] = {}
    places = [((job, place), job, place, "/metrics") for job in EXPORTERS for place in getattr(measure, job)]
    scraped = [(("scrape", job), job, one.address, one.path) for job, one in measure.scrape.items()]
    for at, job, address, path in (*places, *scraped):
        if ":" not in address:
            continue
        endpoint = _one_name(address), path
        if endpoint in seen:
            where = at if at[0] == "scrape" else at[:1]
            yield where, f"{shown(address + path)} a second time (first for {seen[endpoint]}); allowed: once"
        seen.setdefault(endpoint, job)


def _one_name(address: str) -> str:
    """The address as it is compared: loopback by its number."""
    host, _, port = address.rpartition(":")
    return f"{'127.0.0.1' if host == 'localhost' else host}:{port}"


def _group(folder: Path, group: GroupSettings) -> GroupSettings:
    return group if group.pid_file is None else group.model_copy(update={"pid_file": str(folder / group.pid_file)})


def _database(folder: Path, database: DatabaseSettings) -> DatabaseSettings:
    kind, dsn = database.dsn
    if dsn.file is None:
        return database
    return database.model_copy(update={kind: dsn.model_copy(update={"file": str(folder / dsn.file)})})
