"""A collector for each server: asks it every topic over one connection, and says whether it is up."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

from msgspec import Struct
from prometheus_client.metrics_core import Metric

from exporters.core.errors import EnvironmentFault
from exporters.dbpool.client import Client, Refused, Unreachable
from exporters.dbpool.reasons import NO_DSN, REFUSES
from exporters.dbpool.topic import GAUGE, Topic

SERVERS_SHARE = 0.9
"""Of the time that is left: a statement that takes longer is ended by the server, which then can still be asked."""


class Kind(Struct, frozen=True, kw_only=True):
    """A kind of server."""

    name: str
    up: str
    """The metric that says whether a server is up."""
    runs_sql: bool
    """Whether it can be told when to give up on a statement."""
    topics: tuple[Topic, ...]


class Server:
    """One server. When it is down that is what its samples say, and there are no others: no value is ever old."""

    def __init__(self, kind: Kind, server: str, client: Client) -> None:
        """`server`: the label."""
        self.name = f"{kind.name}:{server}"
        self._kind, self._server, self._client = kind, server, client
        self._said: dict[str, str] = {}

    def collect(self, deadline: float) -> Iterable[Metric]:
        """Whether it is up; when it is, what it tells, and which topics it refused to speak about."""
        success = Metric("dbpool_query_success", "1: the server answered this query.", GAUGE)
        families: list[Metric] = []
        try:
            for topic in self._kind.topics:
                families += self._asked(topic, deadline, success)
        except (Unreachable, EnvironmentFault) as error:
            self._say("", f"down: {error}")
            return self._labelled(self._down(error.reason if isinstance(error, Unreachable) else NO_DSN))
        if not any(sample.value for sample in success.samples):
            self._say("", "down: it refuses every question; is it what the flag says it is?")
            return self._labelled([*self._down(REFUSES), success])
        self._say("", "")
        return self._labelled([self._up(1.0), success, *families])

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _asked(self, topic: Topic, deadline: float, success: Metric) -> Iterable[Metric]:
        statement = topic.statement
        if self._kind.runs_sql:
            left = max(1, int(SERVERS_SHARE * 1000 * (deadline - time.monotonic())))
            statement = f"SET LOCAL statement_timeout = {left}; {statement}"
        try:
            families = topic.families(self._client.ask(statement, deadline))
        except Refused as error:
            success.add_sample(success.name, {"kind": self._kind.name, "query": topic.name}, 0.0)
            self._say(topic.name, f"query {topic.name}: {error}")
            return []
        success.add_sample(success.name, {"kind": self._kind.name, "query": topic.name}, 1.0)
        self._say(topic.name, "")
        return families

    def _up(self, value: float) -> Metric:
        up = Metric(self._kind.up, "1: the server answers; 0: it cannot be asked, or says nothing.", GAUGE)
        up.add_sample(up.name, {}, value)
        return up

    def _down(self, reason: str) -> list[Metric]:
        error = Metric("dbpool_error", "1: why the server cannot be asked.", GAUGE)
        error.add_sample(error.name, {"kind": self._kind.name, "error": reason}, 1.0)
        return [self._up(0.0), error]

    def _labelled(self, families: list[Metric]) -> list[Metric]:
        for family in families:
            family.samples = [
                sample._replace(labels={"server": self._server, **sample.labels}) for sample in family.samples
            ]
        return families

    def _say(self, about: str, problem: str) -> None:
        """On stderr, when it has changed: a line for each scrape would bury it."""
        if self._said.get(about, "") != problem:
            sys.stderr.write(f"dbpool: {self.name}: {problem or f'{about} works again'.strip()}\n")
            sys.stderr.flush()
            self._said[about] = problem
