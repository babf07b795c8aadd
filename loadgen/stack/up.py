"""`loadgen up` and `loadgen down`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from loadgen.config import Config
from loadgen.model.measured import PROMETHEUS
from loadgen.query.client import Prometheus
from loadgen.run.alertmanager_client import end_alerts
from loadgen.run.errors import EnvironmentFault, Interrupted
from loadgen.run.home import free_ports, port_is_free, the_only_run
from loadgen.run.interrupt import Interrupt
from loadgen.run.server import ask
from loadgen.run.standing import COMPOSE, NATIVE, STATE_FILE, StackPorts, StackProcess, Standing, find
from loadgen.run.standing_prometheus import take_away_left
from loadgen.stack import daemons, grafana
from loadgen.stack.daemons import LOCALHOST, Service
from loadgen.stack.layout import lay_out
from loadgen.stack.places import Places
from loadgen.stack.services import ALERT_LOG, ALERTMANAGER, GRAFANA, Parts, parts_of
from loadgen.storage import save

Say = Callable[[str], None]

USUAL, FREE = "usual", "free"
"""Where the stack listens: on the ports that everybody knows, or on any that are free."""

WHILE_A_RUN = (
    "{who} is under way in {state}, and the stack is neither started nor ended beside it; wait for it or stop it, then "
    "try again"
)


def up(config: Config, state: Path, ports: str, say: Say) -> None:
    """Start what does not run, wait until all of it is well, and say where it is.

    What runs with another configuration is given this one. Raises EnvironmentFault or Interrupted with nothing left
    running that was not before, or ConfigError.
    """
    places = Places(state)
    with the_only_run(state, "loadgen up", WHILE_A_RUN), Interrupt("`loadgen down` ends what runs") as interrupt:
        before = find(state)
        if before is not None and before.kind == COMPOSE:
            raise EnvironmentFault("the stack is up, in containers; `make down` ends it")
        chosen = (before.ports if before else None) or _ports(ports)
        parts = parts_of(config, chosen, places)
        running = {one.role: one for one in before.processes if one.alive()} if before else {}
        for one in before.dead() if before else ():
            say(f"{one.role} (process {one.pid}) had ended; its log is {daemons.keep_log(one.role, places.logs)}")
        _check_free([service for service in parts.services if service.role not in running])
        other = _otherwise(running, parts)
        lay_out(config, places, chosen, parts.scrapes, notifies=_has(parts, ALERTMANAGER))
        left = take_away_left(places.prometheus)
        if _has(parts, GRAFANA):
            grafana.make_password(places.grafana)
        daemons.end(other, lambda one: say(f"ended, for it is not as the configuration has it: {one.role}"))
        kept = {role: one for role, one in running.items() if one not in other}
        missing = [service for service in parts.services if service.role not in kept]
        since = before.started if before else time.time()
        try:
            started = _start(missing, list(kept.values()), places, chosen, since, interrupt)
        except Interrupted:
            say("interrupted; what was started has been ended again")
            raise
        _have_read(kept, chosen)
        for run_id in left if ALERTMANAGER in kept else ():
            end_alerts([_url(chosen.alertmanager)], run_id)
        if running:
            say(f"the stack was up already; started now: {_named(started) or 'nothing, for all of it runs'}")
        for line in _told(parts, places):
            say(line)


def down(state: Path, say: Say) -> None:
    """End what `up` started, and nothing else. Raises EnvironmentFault while a run is under way."""
    with the_only_run(state, "loadgen down", WHILE_A_RUN):
        standing = find(state)
        if standing is None:
            say(f"no stack is up in {state}")
            return
        if standing.kind == COMPOSE:
            raise EnvironmentFault("the stack is up in containers; `make down` ends it, or `docker compose down`")
        for one in standing.dead():
            say(f"{one.role} (process {one.pid}) had ended already; its log is {Places(state).logs / one.role}.log")
        daemons.end(standing.processes, lambda one: say(f"ended: {one.role} (process {one.pid})"))
        take_away_left(Path(standing.folder))
        left = [one for one in standing.processes if one.alive()]
        if left:
            raise EnvironmentFault(*(f"{one.role} (process {one.pid}) does not end, even when killed" for one in left))
        (state / STATE_FILE).unlink(missing_ok=True)
        say(f"the stack is down; what Prometheus saw stays in {Places(state).data}")


def _ports(which: str) -> StackPorts:
    names = StackPorts.__struct_fields__
    return StackPorts(**dict(zip(names, free_ports(len(names)), strict=True))) if which == FREE else StackPorts()


def _has(parts: Parts, role: str) -> bool:
    return any(service.role == role for service in parts.services)


def _check_free(services: Sequence[Service]) -> None:
    taken = [f"{one.port} ({one.title})" for one in services if not port_is_free(one.port)]
    if taken:
        raise EnvironmentFault(
            f"taken on {LOCALHOST}: port {', '.join(taken)}; end what listens there, or have free ports chosen with "
            '`loadgen up --ports free` (make up ARGS="--ports free"). Nothing was started'
        )


def _otherwise(running: Mapping[str, StackProcess], parts: Parts) -> list[StackProcess]:
    """What runs, but is no part of the stack any more, or would have another command line now."""
    wanted = {service.role: service.digest for service in parts.services}
    return [one for role, one in running.items() if wanted.get(role) != one.command]


def _have_read(kept: Mapping[str, StackProcess], ports: StackPorts) -> None:
    """Have what went on running read its configuration again."""
    if PROMETHEUS in kept:
        ask(Prometheus(_url(ports.prometheus)).reload, "the stack's Prometheus does not take its configuration")
    if ALERTMANAGER in kept:
        # It is reloaded as a Prometheus is.
        ask(Prometheus(_url(ports.alertmanager)).reload, "the stack's Alertmanager does not take its configuration")


def _start(
    missing: Sequence[Service],
    running: list[StackProcess],
    places: Places,
    ports: StackPorts,
    since: float,
    interrupt: Interrupt,
) -> list[Service]:
    """Start the missing and wait for them; those started are ended again when one of them does not come up."""
    begun: list[tuple[Service, StackProcess]] = []
    try:
        for service in missing:
            interrupt.check()
            begun.append((service, daemons.start(service, places.root, places.logs)))
            _write_state(places, [*running, *(process for _, process in begun)], ports, since)
        daemons.wait_until_well(begun, places.logs, interrupt.check)
    except BaseException:
        daemons.end([process for _, process in begun])
        _write_state(places, running, ports, since)
        raise
    return [service for service, _ in begun]


def _write_state(places: Places, processes: Sequence[StackProcess], ports: StackPorts, since: float) -> None:
    path = places.state / STATE_FILE
    if not processes:
        path.unlink(missing_ok=True)
        return
    roles = {one.role for one in processes}
    standing = Standing(
        kind=NATIVE,
        prometheus=_url(ports.prometheus),
        alertmanager=_url(ports.alertmanager) if ALERTMANAGER in roles else None,
        grafana=_url(ports.grafana) if GRAFANA in roles else None,
        folder=str(places.prometheus),
        processes=tuple(processes),
        started=since,
        ports=ports,
    )
    save(path, standing)


def _url(port: int) -> str:
    return f"http://{LOCALHOST}:{port}"


def _named(services: Sequence[Service]) -> str:
    return ", ".join(service.title for service in services)


def _told(parts: Parts, places: Places) -> Iterator[str]:
    """Where to look, and what there is not."""
    for service in parts.services:
        yield f"  up       {service.title}: {service.url}"
    for name, why in parts.left_out.items():
        yield f"  not up   {name}: {why}"
    if _has(parts, GRAFANA):
        password = grafana.password_file(places.grafana)
        yield f"Grafana lets everybody on this machine look; the password of its user `admin` is in {password}"
    if _has(parts, ALERT_LOG):
        yield f"alerts are written to {places.alert_log}"
    yield f"logs are in {places.logs}; what Prometheus sees is kept in {places.data}"
    yield "`make load` uses this stack, `make down` ends it"
