"""A client that speaks to one server over one connection and keeps to a deadline, whatever the server does.

It is libpq without ever waiting inside libpq: only `poll` waits, for what is left of the time. Statements go by the
simple query protocol, the only one that PgBouncer's console knows. Looking up a host's name is libpq's alone and not
bounded here: where the resolver may hang, give an address.
"""

from __future__ import annotations

import select
import time
from collections.abc import Mapping

from psycopg import OperationalError, pq
from psycopg.pq.abc import PGconn, PGresult

from exporters.dbpool.dsn import BYTES, Dsn, redacted
from exporters.dbpool.reasons import reason

APPLICATION = "june-dbpool-exporter"

Row = Mapping[str, str | None]
"""A row's values as text, by column; None for NULL."""


class Unreachable(Exception):
    """The server could not be asked: it refused us, went away, or did not answer in time. Names nothing of the DSN.

    `reason`: one of those of `reasons`.
    """

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(text)
        self.reason = reason


class Refused(Exception):
    """The server answered this statement with an error; it can be asked others."""


class _Broken(Exception):
    """The server could not be asked, in libpq's words, which repeat the connection string."""


class Client:
    """One server. The connection is kept from one question to the next, and opened anew when it has broken."""

    def __init__(self, dsn: Dsn) -> None:
        self._dsn = dsn
        self._options: dict[str, str] = {}
        self._connection: PGconn | None = None

    def ask(self, statement: str, deadline: float) -> list[Row]:
        """The rows of the last of the statements that `statement` holds.

        `deadline`: seconds of `time.monotonic()`. Raises Unreachable, and has then closed the connection, so that
        nothing of it is left; Refused; EnvironmentFault when the connection string can no longer be read.
        """
        kept = self._connection
        connection = kept if kept is not None and _alive(kept) else self._open(deadline)
        try:
            return _rows(_results(connection, statement, deadline))
        except (OperationalError, _Broken) as error:
            self.close()
            raise self._unreachable(error) from None
        except Refused as error:
            raise Refused(self._told(error)) from None

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.finish()
            self._connection = None

    def _open(self, deadline: float) -> PGconn:
        """Log in. The connection string is read each time: a password may have been changed."""
        self.close()
        self._options = self._dsn.options()
        words = {**self._options, "application_name": APPLICATION, "client_encoding": "UTF8"}
        try:
            connection = pq.PGconn.connect_start(" ".join(_word(*word) for word in words.items()).encode(errors=BYTES))
            self._connection = connection
            _log_in(connection, deadline)
        except (OperationalError, _Broken) as error:
            self.close()
            raise self._unreachable(error) from None
        return connection

    def _unreachable(self, error: Exception) -> Unreachable:
        return Unreachable(self._told(error), reason(str(error)))

    def _told(self, error: Exception) -> str:
        return redacted(str(error), self._options)


def _word(keyword: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{keyword}='{escaped}'"


def _log_in(connection: PGconn, deadline: float) -> None:
    events = select.POLLOUT
    while connection.status != pq.ConnStatus.BAD:
        _wait(connection, events, deadline)
        progress = connection.connect_poll()
        if progress == pq.PollingStatus.OK:
            connection.nonblocking = 1
            return
        events = select.POLLIN if progress == pq.PollingStatus.READING else select.POLLOUT
    raise _Broken(connection.get_error_message())


def _alive(connection: PGconn) -> bool:
    """Whether the server has not hung up since it was last asked. What it has sent meanwhile is taken in."""
    try:
        while _ready(connection, select.POLLIN, 0.0):
            connection.consume_input()
    except OperationalError:
        return False
    return connection.status == pq.ConnStatus.OK


def _results(connection: PGconn, statement: str, deadline: float) -> list[PGresult]:
    connection.send_query(statement.encode())
    while connection.flush():
        _wait(connection, select.POLLIN | select.POLLOUT, deadline)
        connection.consume_input()
    results: list[PGresult] = []
    while True:
        while connection.is_busy():
            _wait(connection, select.POLLIN, deadline)
            connection.consume_input()
        result = connection.get_result()
        if result is None:
            return results
        results.append(result)


def _rows(results: list[PGresult]) -> list[Row]:
    for result in results:
        if result.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            raise Refused(result.get_error_message())
    last = results[-1]
    columns = [_text(last.fname(column)) or "" for column in range(last.nfields)]
    return [
        {name: _text(last.get_value(row, column)) for column, name in enumerate(columns)} for row in range(last.ntuples)
    ]


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="replace")


def _wait(connection: PGconn, events: int, deadline: float) -> None:
    if not _ready(connection, events, max(0.0, deadline - time.monotonic())):
        raise _Broken("it did not answer in time")


def _ready(connection: PGconn, events: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(connection.socket, events)
    return bool(poll.poll(seconds * 1000))
