"""A run on somebody else's Prometheus, into which we cannot write: it must have the rules, and find us by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from loadgen.model.plan import Plan
from loadgen.query.client import Prometheus, PrometheusFault
from loadgen.query.loaded import Expressions
from loadgen.run.addresses import host_of, trusted
from loadgen.run.errors import EnvironmentFault
from loadgen.run.foreign_rules import Found, examined
from loadgen.run.server import Distant, Part

TELEMETRY_PORT = 9646
DOCS = "docs/stack.md#a-prometheus-of-your-own"
SHOWN = 3
"""So many rules are named."""


class ForeignPrometheus:
    """A Prometheus that somebody else runs. A `Server`."""

    started_by_us = ours = False
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
        self._expressions = Expressions(self._client)
        try:
            self.version = self._client.version()
        except PrometheusFault as fault:
            raise EnvironmentFault(f"--prometheus: {fault}") from fault
        self._whole = whole
        self.place = f"using Prometheus {self.version} at {self.url}, which is not ours; nothing is written into it"
        self.check(plan)

    def check(self, plan: Plan) -> None:
        """Raise EnvironmentFault unless it has the rules of the plan, and no others that would speak of the run."""
        if problems := list(self._problems(plan, self._examined(plan))):
            raise EnvironmentFault(*problems)

    def _examined(self, plan: Plan) -> Found:
        try:
            return examined(self._client, self._expressions, plan, self._whole)
        except PrometheusFault as fault:
            raise EnvironmentFault(f"--prometheus: {fault}") from fault

    def _problems(self, plan: Plan, found: Found) -> Iterator[str]:
        if found.missing:
            yield (
                f"the Prometheus at {self.url} has not every rule of {plan.scenario}: {_shown(found.missing)}; load "
                f"alerts/acceptance/{plan.scenario}.yml, alerts/validity/{plan.scenario}.yml and "
                "prometheus/rules/loadtest.yml as `loadgen rules` writes them for this configuration, have them "
                f"evaluated every {plan.scrape_interval:g} s, and reload it ({DOCS})"
            )
        if found.others:
            yield (
                f"the Prometheus at {self.url} has rules that would judge this run beside its own: "
                f"{_shown(found.others)}; remove them, or have every selector in them name another scenario or "
                f"run_id, and reload it ({DOCS})"
            )
        if found.broken:
            yield f"the Prometheus at {self.url} cannot evaluate rules of {plan.scenario}: {_shown(found.broken)}"

    def begin(self, draft: Plan, telemetry: str) -> Part:  # noqa: ARG002 - a Server's method
        """Only watch it: it finds the telemetry by itself."""
        return Distant(self.url, lambda _: "its own log may say why")

    def update(self, plan: Plan) -> None:
        """See that it has the rules of the plan as it will be carried out too."""
        self.check(plan)

    def loaded(self, plan: Plan) -> bool:
        """Whether every rule of the plan was evaluated. Raises EnvironmentFault for one that cannot be."""
        found = self._examined(plan)
        if problems := list(self._problems(plan, found)):
            raise EnvironmentFault(*problems)
        return found.evaluated

    def unseen(self) -> str:
        """What it must be told."""
        return f"; it must look for targets at http://127.0.0.1:{TELEMETRY_PORT}/sd ({DOCS} has what to write)"

    def end(self) -> None:
        """Nothing was given to it."""


def _check_place(url: str, allowed: Collection[str]) -> None:
    """Raise EnvironmentFault unless the host is this machine or was allowed: it hears of the run, and is believed."""
    host = host_of(url)
    try:
        believed = trusted(host, allowed)
    except OSError as error:
        raise EnvironmentFault(f"--prometheus: the host {host!r} has no address ({error.strerror})") from None
    if not believed:
        raise EnvironmentFault(
            f"--prometheus: {host!r} is not this machine; if its Prometheus is to be believed, pass --allow-host {host}"
        )


def _shown(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
