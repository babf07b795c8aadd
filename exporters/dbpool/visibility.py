"""Whether the role may see the sessions of others: if not, PostgreSQL shows them without what they do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from prometheus_client.metrics_core import Metric

from exporters.dbpool.client import Refused, Row

HIDDEN = "(SELECT count(*) FROM pg_stat_activity WHERE query = '<insufficient privilege>')"
"""The number of sessions that are hidden, for a statement's column `hidden`. Never 0 without the right to see them: the
server's own processes are among them."""


def unless_hidden(families: Callable[[Sequence[Row]], Iterable[Metric]]) -> Callable[[Sequence[Row]], Iterable[Metric]]:
    """The same families of rows with the column `hidden`, in at least one row.

    They raise Refused when sessions are hidden from us: those then have neither a state nor a wait event, and each 0,
    and each row that is not there, would be untrue.
    """

    def visible(rows: Sequence[Row]) -> Iterable[Metric]:
        if any(row["hidden"] != "0" for row in rows):
            raise Refused(
                "the role may not see the sessions of others; as an administrator: GRANT pg_monitor TO the role"
            )
        return families(rows)

    return visible
