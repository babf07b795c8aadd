"""Where the processes of a run listen."""

from __future__ import annotations

from typing import IO

from msgspec import Struct

from loadgen.plan import Endpoints, ExporterPorts
from loadgen.run.home import claim_port, free_ports
from loadgen.run.prometheus import DEFAULT_PORT
from loadgen.run.surroundings import OK, Finding

TELEMETRY_PORT = 9646
_USUAL = ExporterPorts()
WELL_KNOWN = (DEFAULT_PORT, TELEMETRY_PORT, _USUAL.host, _USUAL.gpu, _USUAL.dbpool)
"""What a person may want to open, or a dashboard may have been pointed at."""


class Ports(Struct, frozen=True, kw_only=True):
    """Ports of this run's own processes, all on loopback."""

    prometheus: int
    telemetry: int
    locust: int
    sim: Endpoints
    exporters: ExporterPorts


def choose_ports() -> tuple[Ports, list[IO[str]]]:
    """The well-known ports, another where one is taken, and free ones for the rest.

    With them the claims on the well-known ones, to be kept open as long as the run lasts.
    """
    spare = iter(free_ports(len(WELL_KNOWN) + 6))
    claims = {port: claim_port(port) for port in WELL_KNOWN}
    prometheus, telemetry, host, gpu, dbpool = (port if claims[port] else next(spare) for port in WELL_KNOWN)
    ports = Ports(
        prometheus=prometheus,
        telemetry=telemetry,
        locust=next(spare),
        sim=Endpoints(rest=next(spare), llm=next(spare), stt=next(spare), tts=next(spare), control=next(spare)),
        exporters=ExporterPorts(host=host, gpu=gpu, dbpool=dbpool),
    )
    return ports, [claim for claim in claims.values() if claim]


def ports_finding(ports: Ports) -> Finding:
    """Where a person can look during the run."""
    text = f"Prometheus on {ports.prometheus}, telemetry on {ports.telemetry}"
    usual = {DEFAULT_PORT: ports.prometheus, TELEMETRY_PORT: ports.telemetry}
    taken = [str(port) for port, used in usual.items() if port != used]
    return Finding(name="ports", state=OK, text=f"{text} ({' and '.join(taken)} taken)" if taken else text)
