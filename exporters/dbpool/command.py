"""The command `dbpool`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from exporters.core.errors import UsageFault
from exporters.core.exporter import Exporter
from exporters.dbpool import pgbouncer, postgresql
from exporters.dbpool.client import Client
from exporters.dbpool.dsn import Dsn
from exporters.dbpool.server import Kind, Server
from exporters.dbpool.topic import topics

KINDS = (
    Kind(name="postgresql", up="pg_up", runs_sql=True, topics=topics(postgresql)),
    Kind(name="pgbouncer", up="pgbouncer_up", runs_sql=False, topics=topics(pgbouncer)),
)

FORM = "NAME=env:VAR or NAME=file:PATH"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    for kind in KINDS:
        parser.add_argument(
            f"--{kind.name}",
            action="append",
            default=[],
            metavar="NAME=env:VAR|file:PATH",
            help=f"a {kind.name} server, and where its connection string stands; may be repeated",
        )


def _collectors(options: argparse.Namespace) -> list[Server]:
    """A collector for each server that is named.

    Raises UsageFault, and EnvironmentFault when a connection string cannot be read.
    """
    servers = [Server(*each) for kind in KINDS for each in _named(kind, getattr(options, kind.name))]
    if not servers:
        raise UsageFault(f"no server is named; {' and '.join(f'--{kind.name}' for kind in KINDS)} take {FORM}")
    return servers


def _named(kind: Kind, words: list[str]) -> Iterator[tuple[Kind, str, Client]]:
    seen: set[str] = set()
    for word in words:
        name, _, place = word.partition("=")
        # What is wrong here may be a connection string, which must not be shown.
        if not re.fullmatch(r"[\w.-]+", name) or not place:
            raise UsageFault(f"--{kind.name} takes {FORM}, the name of letters, digits, '_', '.' and '-'")
        if name in seen:
            raise UsageFault(f"--{kind.name} {name} is given twice")
        seen.add(name)
        try:
            dsn = Dsn(place)
        except UsageFault as fault:
            raise UsageFault(f"--{kind.name} {name}: {fault}") from None
        dsn.options()
        yield kind, name, Client(dsn)


EXPORTER = Exporter(
    name="dbpool",
    prefix="dbpool",
    port=9613,
    help="PostgreSQL and PgBouncer servers, under postgres_exporter's and pgbouncer_exporter's names.",
    arguments=_add_arguments,
    collectors=_collectors,
)
