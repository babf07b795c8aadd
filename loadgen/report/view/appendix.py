"""Resources, validity, alerts, environment, configuration and queries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from loadgen.model.measured import GENERATOR_ROLE, Machine, ResourceUse
from loadgen.model.quantities import clock_text, size_text
from loadgen.report.contents import Asked, Report
from loadgen.report.view.words import BROKEN, HOLDS, NOTHING, Mark, moment, most_users
from loadgen.verdict.resource_table import order, phase_figures, reached_text
from loadgen.verdict.saturation import figure


class Resource(Struct, frozen=True, kw_only=True):
    """A resource: mean and highest use in each phase, and when it was at its limit."""

    id: str
    generator: bool
    limit: str
    uses: tuple[str, ...]
    reached: str
    first: bool
    at_limit: bool


class Resources(Struct, frozen=True):
    """The phases in which any was measured, and the resources."""

    phases: tuple[str, ...]
    rows: tuple[Resource, ...]


def resources(report: Report) -> Resources:
    """The target's first, and of those what reached its limit first."""
    uses = sorted(report.resources, key=order)
    found = {name for use in uses for name in phase_figures(use)}
    phases = tuple(phase.name for phase in report.phases if phase.name in found)
    first = report.saturation.first if report.saturation else None
    return Resources(phases, tuple(_resource(use, phases, first) for use in uses))


def _resource(use: ResourceUse, phases: tuple[str, ...], first: str | None) -> Resource:
    seen = phase_figures(use)
    reached = reached_text(use)
    return Resource(
        id=use.id,
        generator=use.role == GENERATOR_ROLE,
        limit=figure(use.limit, use.unit),
        uses=tuple(seen.get(phase, NOTHING) for phase in phases),
        reached=NOTHING if reached == "-" else reached,
        first=use.id == first,
        at_limit=reached != "-",
    )


class Checked(Struct, frozen=True):
    """A validity check."""

    mark: Mark
    id: str
    sentence: str


def validity(report: Report) -> tuple[Checked, ...]:
    """What is broken first."""
    checks = sorted(report.validity, key=lambda check: check.ok)
    return tuple(Checked(HOLDS if check.ok else BROKEN, check.id, check.sentence) for check in checks)


class Fact(Struct, frozen=True):
    """A name and its value."""

    name: str
    value: str


def facts(report: Report) -> tuple[Fact, ...]:
    """What ran, where, when and with what."""
    about = {
        "run": report.run_id,
        "scenario": f"{report.scenario}: {report.purpose}" if report.purpose else report.scenario,
        "test type": report.test_type,
        "target": report.target,
        "load": _load(report),
        "started": moment(report.started),
        "ended": moment(report.ended),
        "outcome": report.outcome,
        "exit code": str(report.exit_code),
        "loadgen": report.version,
        "commit": report.commit,
    }
    named = {f"Prometheus {name}": value for name, value in report.prometheus.items()}
    machines = {f"measured at {machine.address}": _machine(machine) for machine in report.machines}
    every = {**about, **dict(_flat(report.environment | named)), **machines}
    return tuple(Fact(name, value) for name, value in every.items())


def _load(report: Report) -> str:
    """As planned; and what came of it, where it ended early."""
    planned = (
        f"{report.users} users at the peak, {clock_text(report.planned)} planned, time scale {report.time_scale:g}"
    )
    if report.load_end >= report.planned or report.started is None:
        return planned
    return f"{planned}; it ended at {clock_text(report.load_end)} with up to {most_users(report)} users"


def _machine(machine: Machine) -> str:
    """Whatever its exporter said of it."""
    cpus = "" if machine.cpus is None else f"{machine.cpus} CPUs"
    memory = "" if machine.memory_bytes is None else size_text(machine.memory_bytes)
    return ", ".join(filter(None, (machine.host, machine.system, cpus, memory, *machine.gpus)))


def _flat(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if name.endswith("_bytes") and isinstance(value, int | float):
            yield name.removesuffix("_bytes"), size_text(value)
        else:
            yield name, value if isinstance(value, str) else msgspec.json.encode(value).decode()


class Alerted(Struct, frozen=True):
    """An alert that began or ceased to fire."""

    time: str
    alert: str
    about: str
    role: str
    state: str


def alerts(report: Report) -> tuple[Alerted, ...]:
    """As they came."""
    return tuple(
        Alerted(
            time=clock_text(one.at - (report.started or one.at)),
            alert=one.alert,
            about=one.labels.get("criterion") or one.labels.get("check") or "",
            role=one.labels.get("role", ""),
            state=one.state,
        )
        for one in report.alerts
    )


class Question(Struct, frozen=True):
    """A query, and for when it was asked."""

    id: str
    expression: str
    when: str


def queries(report: Report) -> tuple[Question, ...]:
    """As they were asked."""
    return tuple(Question(asked.id, asked.expression, _when(asked)) for asked in report.queries)


def _when(asked: Asked) -> str:
    if asked.step is None:
        return f"at {moment(asked.end)}"
    return f"{moment(asked.start)} to {moment(asked.end)}, every {asked.step:g} s"


def configuration(report: Report) -> str:
    """The compiled plan as indented JSON. Secrets are names in it, never values."""
    return msgspec.json.format(msgspec.json.encode(report.plan), indent=2).decode()
