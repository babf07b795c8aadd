"""What a native stack consists of on this machine: each part's command, or the reason why it is left out."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
from msgspec import Struct

from loadgen.config import Config
from loadgen.model.measured import DBPOOL, EXPORTERS, GPU, PROMETHEUS, Measured, Scrape
from loadgen.model.plan import Plan
from loadgen.plan import ExporterPorts, RunRequest, compile_plan
from loadgen.run.alertmanager import alertmanager_command, find_alertmanager
from loadgen.run.errors import EnvironmentFault
from loadgen.run.exporters import exporter_command, take_dsns
from loadgen.run.prometheus import find_prometheus, lookback_of, prometheus_command
from loadgen.run.stack import environment, python
from loadgen.run.standing import StackPorts
from loadgen.run.surroundings import cores, nvidia
from loadgen.stack import grafana
from loadgen.stack.daemons import LOCALHOST, Service
from loadgen.stack.places import Places

ALERTMANAGER, ALERT_LOG, GRAFANA = "alertmanager", "alertlog", "grafana"
"""Roles beside Prometheus' and the exporters', which are called as their jobs are."""

GRAFANA_PATIENCE = 120.0
"""Seconds: its first start builds a database."""


class Parts(Struct, frozen=True, kw_only=True):
    """What is started, and by name what is not, with the reason."""

    services: tuple[Service, ...]
    left_out: dict[str, str]
    scrapes: tuple[Scrape, ...]
    """What Prometheus scrapes all the time."""


def parts_of(config: Config, ports: StackPorts, places: Places) -> Parts:
    """The stack for this configuration and machine. Raises ConfigError, or EnvironmentFault without a Prometheus."""
    plan = _plan(config, ports)
    clean = _without_secrets(plan)
    services, left_out = [_prometheus(config, plan, ports, places, clean)], {}
    adders: dict[str, Callable[[], Service | str | None]] = {
        **{f"{job} exporter": partial(_exporter, config, plan, job, places, clean) for job in EXPORTERS},
        "Alert log": lambda: _alert_log(ports, places, clean),
        "Alertmanager": lambda: _alertmanager(ports, places, clean),
        "Grafana": lambda: _grafana(ports, places, clean),
    }
    for name, made in ((name, add()) for name, add in adders.items()):
        if isinstance(made, Service):
            services.append(made)
        elif made is not None:
            left_out[name] = made
    own = {service.port for service in services}
    scrapes = [one for one in plan.measured.scrapes if not one.ours or int(one.address.rpartition(":")[2]) in own]
    return Parts(services=tuple(services), left_out=left_out, scrapes=tuple(scrapes))


def _plan(config: Config, ports: StackPorts) -> Plan:
    """The plan of a run as the defaults make it, for what it measures; less what only a run itself brings."""
    at = ExporterPorts(host=ports.host, gpu=ports.gpu, dbpool=ports.dbpool)
    request = RunRequest(exporters=at, cores=cores(), nvidia=nvidia())
    plan = compile_plan(config, request, now_id="stack")
    return msgspec.structs.replace(plan, measured=_standing(plan.measured))


def _without_secrets(plan: Plan) -> dict[str, str]:
    """Our own environment, in which children find our code, without the DSNs in it: one exporter alone gets those."""
    secret = {one.dsn.removeprefix("env:") for one in plan.measured.databases}
    return {name: value for name, value in environment().items() if name not in secret}


def _standing(measured: Measured) -> Measured:
    """Without the run's own processes and databases, and without the stand-in."""
    return Measured(
        scrapes=tuple(one for one in measured.scrapes if not one.ours or one.job in EXPORTERS),
        groups=tuple(one for one in measured.groups if one.match != "pid_file" or Path(one.pattern).is_absolute()),
        databases=tuple(
            one for one in measured.databases if not one.dsn.startswith("file:") or Path(one.dsn[5:]).is_absolute()
        ),
    )


def _prometheus(config: Config, plan: Plan, ports: StackPorts, places: Places, variables: dict[str, str]) -> Service:
    program, version = find_prometheus(places.state)
    command = prometheus_command(
        program,
        places.prometheus / "prometheus.yml",
        places.data,
        ports.prometheus,
        config.prometheus.retention,
        lookback_of(plan),
    )
    return Service(
        role=PROMETHEUS,
        title=f"Prometheus {version}",
        command=tuple(command),
        environment=variables,
        port=ports.prometheus,
        health="/-/ready",
    )


def _exporter(config: Config, plan: Plan, job: str, places: Places, variables: dict[str, str]) -> Service | str | None:
    """The service, the reason why there is none, or None where the configuration does not want one."""
    target, measured = config.defaults.target, plan.measured
    scrape = next((one for one in measured.scrapes if one.job == job and one.ours), None)
    if job == GPU and scrape is None and not nvidia():
        return "there is no NVIDIA driver on this machine"
    if job == DBPOOL and not measured.databases:
        return f"the target {target} has no databases that stand by themselves (measure: databases)"
    if scrape is None:
        return f"the target {target} does not have it started here (measure: {job})"
    own: dict[str, str] = {}
    if job == DBPOOL:
        try:
            own = take_dsns(plan, dict(os.environ))
        except EnvironmentFault as fault:
            return "; ".join(fault.problems)
    return Service(
        role=job,
        title=f"{job} exporter",
        command=tuple(exporter_command(scrape, measured, places.root)),
        environment=variables | own,
        port=int(scrape.address.rpartition(":")[2]),
        health="/healthz",
    )


def _alert_log(ports: StackPorts, places: Places, variables: dict[str, str]) -> Service | None:
    if find_alertmanager(places.state) is None:
        return None
    listen = ("--listen", f"{LOCALHOST}:{ports.alertlog}", "--file", str(places.alert_log))
    return Service(
        role=ALERT_LOG,
        title="Alert log",
        command=tuple(python("loadgen.alertlog", *listen)),
        environment=variables,
        port=ports.alertlog,
        health="/healthz",
    )


def _alertmanager(ports: StackPorts, places: Places, variables: dict[str, str]) -> Service | str:
    program = find_alertmanager(places.state)
    if program is None:
        return "it is not installed, so nobody is notified; `make alertmanager` installs it"
    config = places.alertmanager / "alertmanager.yml"
    return Service(
        role=ALERTMANAGER,
        title="Alertmanager",
        command=tuple(alertmanager_command(program, config, places.alertmanager / "data", ports.alertmanager)),
        environment=variables,
        port=ports.alertmanager,
        health="/-/ready",
    )


def _grafana(ports: StackPorts, places: Places, variables: dict[str, str]) -> Service | str:
    program = grafana.find_grafana()
    if program is None:
        return "there is no `grafana` on PATH; the dashboards in grafana/dashboards/ can be imported into any"
    try:
        command = grafana.grafana_command(program)
    except EnvironmentFault as fault:
        return str(fault)
    url = f"http://{LOCALHOST}:{ports.prometheus}"
    return Service(
        role=GRAFANA,
        title="Grafana",
        command=command,
        environment=grafana.grafana_environment(variables, places.grafana, ports.grafana, url),
        port=ports.grafana,
        health="/api/health",
        patience=GRAFANA_PATIENCE,
    )
