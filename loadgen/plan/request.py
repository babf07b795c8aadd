"""What is asked of a run beside the configuration, and what is known of the target and of earlier runs."""

from __future__ import annotations

from msgspec import Struct

from loadgen.config import ConfigError


class Endpoints(Struct, frozen=True, kw_only=True):
    """Ports on which a stand-in listens that was started for the run."""

    rest: int
    llm: int
    stt: int
    tts: int
    control: int
    host: str = "127.0.0.1"


class ExporterPorts(Struct, frozen=True, kw_only=True):
    """Ports of 127.0.0.1 on which the run's own exporters listen: the usual ones, where they are free."""

    host: int = 9611
    gpu: int = 9612
    dbpool: int = 9613


class RunRequest(Struct, frozen=True, kw_only=True):
    """What the command line asks for; None leaves it to the configuration. Times are seconds."""

    scenario: str | None = None
    test_type: str | None = None
    target: str | None = None
    users: int | None = None
    spawn_rate: float | None = None
    duration: float | None = None
    time_scale: float = 1.0
    workers: int | None = None
    seed: int | None = None
    host: str | None = None
    """A base URL: REST and WebSocket go there, gRPC to the same host on the configured ports."""
    allow: tuple[str, ...] = ()
    log_requests: bool = False
    cores: int = 1
    """CPUs that this machine has: `auto` starts no more workers than these."""
    endpoints: Endpoints | None = None
    """Where the stand-in listens; None before it was started."""
    exporters: ExporterPorts = ExporterPorts()
    nvidia: bool = False
    """Whether this machine has an NVIDIA driver: `gpu: auto` starts an exporter only then."""


class Offer(Struct, frozen=True, kw_only=True):
    """What preflight found that the target does not offer: `test_type:call` → why."""

    missing: dict[str, str] = {}


class NothingOffered(ConfigError):
    """The configuration can be run, but the target offers too little of what it asks for: no matter of the file."""
