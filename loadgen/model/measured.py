"""What is measured beside the load: whom to scrape, which processes belong together, which resources have a limit."""

from __future__ import annotations

from msgspec import Struct

HOST, GPU, DBPOOL = "host", "gpu", "dbpool"
"""Jobs of the exporters in `exporters/`, by their commands."""
EXPORTERS = (HOST, GPU, DBPOOL)
LOADTEST, JUNE = "loadtest", "june"
"""Jobs of the generator's own telemetry, and of the stand-in's own metrics."""

GENERATOR, PROMETHEUS, TELEMETRY = OWN_GROUPS = ("generator", "prometheus", "telemetry")
"""Process groups of the instrument: the Locust workers, Prometheus, the telemetry process."""
SIM, POSTGRES, PGBOUNCER = SIM_GROUPS = ("sim", "postgres", "pgbouncer")
"""Process groups of the stand-in: itself, and the databases that are started for it."""

PIDS = "pids"
"""Folder in a run's work folder: `<role>.pid` of every process that the run starts."""

TARGET_ROLE, GENERATOR_ROLE = "target", "generator"
"""A process group is under test, or belongs to the instrument."""


class ProcessGroup(Struct, frozen=True, kw_only=True):
    """Processes that are counted together."""

    name: str
    """The label `groupname`."""
    role: str
    match: str
    """By what they are found: `name`, `cmdline` (a regular expression), `pid_file` or `cgroup`; empty for a group that
    was told to an exporter elsewhere."""
    pattern: str
    """A pid file that the run itself writes is relative to its work folder."""
    cores: float | None = None
    """Cores that it can use, such as 1 for a program that computes in one thread; None: what the exporter reports,
    its cgroup's quota or the host's cores."""


class Database(Struct, frozen=True, kw_only=True):
    """A database server to be asked how it fares. The DSN is a secret: only its place stands here."""

    name: str
    """The label `server`."""
    kind: str
    """`postgresql` or `pgbouncer`."""
    dsn: str
    """`env:NAME` or `file:PATH`; the path of a database that the run itself starts is relative to its work folder."""


class Scrape(Struct, frozen=True, kw_only=True):
    """An endpoint that Prometheus scrapes beside the generator's own telemetry."""

    job: str
    address: str
    """`host:port`; the label `instance`."""
    path: str = "/metrics"
    scheme: str = "http"
    ours: bool = False
    """Started by the run, so its series carry run_id and scenario; others are told apart by job and instance."""


class Measured(Struct, frozen=True, kw_only=True):
    """Everything that is measured beside the load."""

    scrapes: tuple[Scrape, ...] = ()
    groups: tuple[ProcessGroup, ...] = ()
    databases: tuple[Database, ...] = ()


class ResourceLimits(Struct, frozen=True, kw_only=True):
    """When a resource gave way."""

    hold: float = 10.0
    """Seconds, scaled with the run: who was at the limit for most of such a stretch stayed there."""
    limits: dict[str, float] = {}
    """By kind of resource (`loadgen.resources`) its limit, in the kind's unit. A kind that is absent has none."""


class PhaseUse(Struct, frozen=True, kw_only=True):
    """A resource in one phase: its use in the unit of the resource, and the share of the time at its limit."""

    phase: str
    mean: float
    maximum: float
    at_limit: float | None
    """None when nobody knows: it was all in use, and whether anybody waited was not measured."""


class ResourceUse(Struct, frozen=True, kw_only=True):
    """A resource against its limit. `phases` holds none in which it was not measured."""

    id: str
    """`<kind>:<subject>`."""
    kind: str
    subject: str
    unit: str
    """ratio (of what there is) · celsius."""
    limit: float
    phases: tuple[PhaseUse, ...]
    reached: float | None
    """Seconds of plan time at which under the load it first reached its limit and stayed; None: never."""
    value: float | None
    """Its highest use while it stayed there."""
    left: float | None = None
    """Seconds of plan time at which it left its limit again; None: not before the load ended."""
    at_end: float | None = None
    """It reached its limit here, but so late that nobody knows whether it would have stayed; `reached` is then None."""
    already: float | None = None
    """It was at its limit without the load having been seen to bring it there. Not positive: from this moment before
    the load on; positive: it was so when it was first seen, here. None: neither."""
    already_left: float | None = None
    """Seconds of plan time at which it left that; None: not before the load ended."""
    role: str = TARGET_ROLE
    """A resource of the instrument is shown, but never said to have given way first."""


class Saturation(Struct, frozen=True, kw_only=True):
    """Which resource gave way first, in a sentence and in figures; `first` is None when none did or none is known."""

    sentence: str
    first: str | None = None
    at: float | None = None
    """Seconds of plan time."""
    phase: str | None = None
    value: float | None = None
    limit: float | None = None
    unit: str | None = None


class Machine(Struct, frozen=True, kw_only=True):
    """What an exporter said of the machine on which it runs; None and empty: it did not say."""

    address: str
    """`host:port` of the exporter."""
    host: str = ""
    system: str = ""
    cpus: int | None = None
    memory_bytes: float | None = None
    gpus: tuple[str, ...] = ()
    """Of each its name and its driver's version."""
