"""What a run measures beside the load: the target's `measure:` and what the run itself brings."""

from __future__ import annotations

from collections.abc import Iterator

from loadgen.config.measure import AUTO, START, MeasureSettings
from loadgen.model.measured import (
    DBPOOL,
    EXPORTERS,
    GENERATOR,
    GENERATOR_ROLE,
    GPU,
    JUNE,
    OWN_GROUPS,
    PGBOUNCER,
    PIDS,
    POSTGRES,
    SIM,
    TARGET_ROLE,
    Database,
    Measured,
    ProcessGroup,
    Scrape,
)
from loadgen.plan.asked import Asked
from loadgen.plan.target import PLACEHOLDER, moved

DSN_FILE = "databases/{kind}.dsn"
"""Where in the work folder a run writes the DSN of a database that it starts itself."""


def measured_of(asked: Asked, workers: int) -> Measured:
    """Scrapes, process groups and databases of this run. Paths of its own files are relative to its work folder."""
    databases = tuple(_databases(asked))
    groups = tuple(_groups(asked, workers)) if asked.target.measure.host else ()
    return Measured(scrapes=tuple(_scrapes(asked, started=bool(databases))), groups=groups, databases=databases)


def _scrapes(asked: Asked, *, started: bool) -> Iterator[Scrape]:
    """`started`: there are databases for an exporter to ask."""
    measure, ports = asked.target.measure, asked.request.exporters
    for job in EXPORTERS:
        for place in getattr(measure, job):
            if place not in (START, AUTO):
                yield Scrape(job=job, address=place)
            elif _starts(asked, job, place) and (started or job != DBPOOL):
                yield Scrape(job=job, address=f"127.0.0.1:{getattr(ports, job)}", ours=True)
    if asked.target.kind == SIM:
        at = asked.request.endpoints
        yield Scrape(job=JUNE, address=f"{at.host}:{at.rest}" if at else PLACEHOLDER, ours=True)
    for name, one in measure.scrape.items():
        yield Scrape(job=name, address=moved(asked, one.address), path=one.path, scheme=one.scheme)


def _starts(asked: Asked, job: str, place: str) -> bool:
    return place == START or (job == GPU and asked.request.nvidia)


def _groups(asked: Asked, workers: int) -> Iterator[ProcessGroup]:
    for name, group in asked.target.measure.processes.items():
        match = group.match or ""
        pattern = getattr(group, match) if match else ""
        yield ProcessGroup(name=name, role=TARGET_ROLE, match=match, pattern=pattern, cores=group.cpu)
    if START not in asked.target.measure.host:
        return
    if asked.target.kind == SIM:
        yield _started(SIM, TARGET_ROLE, cores=1)
    if _with_postgres(asked):
        yield _started(POSTGRES, TARGET_ROLE)
        yield _started(PGBOUNCER, TARGET_ROLE, cores=1)
    for name in OWN_GROUPS:
        yield _started(name, GENERATOR_ROLE, cores=float(workers) if name == GENERATOR else None)


def _started(name: str, role: str, cores: float | None = None) -> ProcessGroup:
    return ProcessGroup(name=name, role=role, match="pid_file", pattern=f"{PIDS}/{name}.pid", cores=cores)


def _databases(asked: Asked) -> Iterator[Database]:
    measure: MeasureSettings = asked.target.measure
    for name, database in measure.databases.items():
        kind, place = database.dsn
        dsn = f"env:{place.env}" if place.env is not None else f"file:{place.file}"
        yield Database(name=name, kind=kind, dsn=dsn)
    if _with_postgres(asked) and START in measure.dbpool:
        for name, kind in ((POSTGRES, "postgresql"), (PGBOUNCER, "pgbouncer")):
            yield Database(name=name, kind=kind, dsn=f"file:{DSN_FILE.format(kind=kind)}")


def _with_postgres(asked: Asked) -> bool:
    """Whether the run starts databases for its stand-in."""
    return asked.target.postgres is not None
