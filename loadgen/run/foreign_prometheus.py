"""A run on somebody else's Prometheus, into which we cannot write: it must have the rules, and find us by itself."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import urlsplit

from loadgen.model.plan import Plan
from loadgen.query.client import Prometheus, PrometheusFault
from loadgen.rules import rule_groups, vocabulary
from loadgen.rules.acceptance import window_of
from loadgen.rules.validity import validity_groups
from loadgen.run.errors import EnvironmentFault
from loadgen.run.server import Distant, Part

TELEMETRY_PORT = 9646
DOCS = "docs/stack.md#a-prometheus-of-your-own"
SHOWN = 3
"""So many missing rules are named."""

Rule = dict[str, Any]


class ForeignPrometheus:
    """A Prometheus that somebody else runs. A `Server`."""

    started_by_us = False
    data = ""

    def __init__(self, url: str, plan: Plan, whole: Plan, telemetry: int) -> None:
        """`whole`: the plan with every test type, for which the validity rules were written that it is to have.

        `telemetry`: the port that the run's telemetry got. Raises EnvironmentFault when it cannot serve the run.
        """
        _check_place(url, plan.target.allow)
        if telemetry != TELEMETRY_PORT:
            raise EnvironmentFault(
                f"port {TELEMETRY_PORT} on 127.0.0.1 is taken, and there the Prometheus at {url} looks for a run; end "
                "what listens there"
            )
        self.url = url.rstrip("/")
        self._client = Prometheus(self.url)
        try:
            self.version = self._client.version()
        except PrometheusFault as fault:
            raise EnvironmentFault(f"--prometheus: {fault}") from fault
        self._whole = whole
        self.place = f"using Prometheus {self.version} at {self.url}, which is not ours; nothing is written into it"
        self.check(plan)

    def check(self, plan: Plan) -> None:
        """Raise EnvironmentFault when rules of the plan are missing, or are evaluated too seldom."""
        try:
            problems = list(missing(self._client, plan, self._whole))
        except PrometheusFault as fault:
            raise EnvironmentFault(f"--prometheus: {fault}") from fault
        if problems:
            named = ", ".join(problems[:SHOWN])
            more = f" and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
            raise EnvironmentFault(
                f"the Prometheus at {self.url} has not every rule of {plan.scenario}: {named}{more}; load "
                f"alerts/acceptance/{plan.scenario}.yml, alerts/validity/{plan.scenario}.yml and "
                "prometheus/rules/loadtest.yml as `loadgen rules` writes them for this configuration, have them "
                f"evaluated every {plan.scrape_interval:g} s, and reload it ({DOCS})"
            )

    def begin(self, draft: Plan, telemetry: str) -> Part:  # noqa: ARG002 - a Server's method
        """Only watch it: it finds the telemetry by itself."""
        return Distant(self.url, lambda _: "its own log may say why")

    def update(self, plan: Plan) -> None:
        """See that it has the rules of the plan as it will be carried out too."""
        self.check(plan)

    def loaded(self, plan: Plan) -> bool:  # noqa: ARG002 - a Server's method
        """They were there before."""
        return True

    def unseen(self) -> str:
        """What it must be told."""
        return f"; it must look for targets at http://127.0.0.1:{TELEMETRY_PORT}/sd ({DOCS} has what to write)"

    def end(self) -> None:
        """Nothing was given to it."""


def _check_place(url: str, allowed: Collection[str]) -> None:
    """Raise EnvironmentFault unless the host is this machine or was allowed: it hears of the run, and is believed."""
    host = urlsplit(url).hostname or ""
    try:
        addresses = {str(found[4][0]).split("%")[0] for found in socket.getaddrinfo(host, None)}
    except OSError as error:
        raise EnvironmentFault(f"--prometheus: the host {host!r} has no address ({error.strerror})") from None
    if host not in allowed and not all(ipaddress.ip_address(one).is_loopback for one in addresses):
        raise EnvironmentFault(
            f"--prometheus: {host!r} is not this machine; if its Prometheus is to be believed, pass --allow-host {host}"
        )


def missing(client: Prometheus, plan: Plan, whole: Plan) -> Iterator[str]:
    """The rules of the plan that this Prometheus has not, by name, each with what is wrong. Raises PrometheusFault."""
    groups = client.rules()
    there = [(rule, group["interval"]) for group in groups for rule in group["rules"]]
    names = {rule["name"] for rule, _ in there}
    for rule in _recorded(plan):
        if rule["record"] not in names:
            yield rule["record"]
    for rule in _judging(plan, whole):
        name = rule.get("alert") or rule["record"]
        alike = [(one, interval) for one, interval in there if one["name"] == name and _labels(one) == _labels(rule)]
        wanted = client.formatted(rule["expr"]) if alike else ""
        found = [interval for one, interval in alike if client.formatted(one["query"]) == wanted]
        if not found:
            yield f"{_named(rule, name)} ({'with another expression' if alike else 'missing'})"
        elif min(found) > plan.scrape_interval:
            yield f"{_named(rule, name)} (evaluated every {min(found):g} s)"


def _recorded(plan: Plan) -> Iterator[Rule]:
    """The shared vocabulary. Only its names count: the window of its rates is the configuration's that was loaded."""
    for group in vocabulary(window_of(plan)):
        yield from group.rules


def _judging(plan: Plan, whole: Plan) -> Iterator[Rule]:
    """A criterion of one test type is the same in every run; how many operations all need together is not."""
    scope = {"scenario": plan.scenario}
    for group in (*rule_groups(plan, scope), *validity_groups(whole, scope)):
        yield from group.rules


def _labels(rule: Rule) -> dict[str, str]:
    return dict(rule.get("labels") or {})


def _named(rule: Rule, name: str) -> str:
    labels = _labels(rule)
    of = labels.get("criterion") or labels.get("check")
    return f"{name}{{{of}}}" if of else name
