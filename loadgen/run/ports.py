"""Where the processes of a run listen."""

from __future__ import annotations

import socket
from collections.abc import Collection
from ipaddress import ip_address
from typing import IO

from msgspec import Struct

from loadgen.plan import Endpoints, ExporterPorts
from loadgen.run.foreign_prometheus import TELEMETRY_PORT
from loadgen.run.home import claim_port, free_ports
from loadgen.run.prometheus import DEFAULT_PORT
from loadgen.run.surroundings import OK, Finding

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


def choose_ports(elsewhere: Collection[str] = ()) -> tuple[Ports, list[IO[str]]]:
    """The well-known ports, another where one is taken, and free ones for the rest.

    `elsewhere`: endpoints (`host:port`) where something is scraped that the run does not start. Those on this machine's
    loopback are left alone even while nobody listens there: what we put there would be scraped twice, and count double.
    With the ports come the claims on the well-known ones, to be kept open as long as the run lasts.
    """
    others = {port for port in map(_loopback_port, elsewhere) if port is not None}
    spare = (port for port in free_ports(len(WELL_KNOWN) + len(others) + 6) if port not in others)
    claims = {port: None if port in others else claim_port(port) for port in WELL_KNOWN}
    prometheus, telemetry, host, gpu, dbpool = (port if claims[port] else next(spare) for port in WELL_KNOWN)
    ports = Ports(
        prometheus=prometheus,
        telemetry=telemetry,
        locust=next(spare),
        sim=Endpoints(rest=next(spare), llm=next(spare), stt=next(spare), tts=next(spare), control=next(spare)),
        exporters=ExporterPorts(host=host, gpu=gpu, dbpool=dbpool),
    )
    return ports, [claim for claim in claims.values() if claim]


def _loopback_port(endpoint: str) -> int | None:
    """The port of an endpoint that is this machine's loopback, or whose name has no address (yet); else None."""
    host, _, port = endpoint.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
    except OSError:
        return int(port)
    return int(port) if any(ip_address(str(info[4][0]).split("%")[0]).is_loopback for info in found) else None


def ports_finding(ports: Ports, prometheus: str | None) -> Finding:
    """Where a person can look during the run. `prometheus`: the URL of one that stands; None for the run's own."""
    usual, text = {TELEMETRY_PORT: ports.telemetry}, f"Prometheus at {prometheus}, telemetry on {ports.telemetry}"
    if prometheus is None:
        usual = {DEFAULT_PORT: ports.prometheus} | usual
        text = f"Prometheus on {ports.prometheus}, telemetry on {ports.telemetry}"
    taken = [str(port) for port, used in usual.items() if port != used]
    return Finding(name="ports", state=OK, text=f"{text} ({' and '.join(taken)} taken)" if taken else text)
