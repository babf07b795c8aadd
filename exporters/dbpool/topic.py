"""A topic: one statement, and what its rows become.

Each is a file of `postgresql/` or `pgbouncer/` that ends with `TOPIC = Topic(…)`, by which it is found.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType

from msgspec import Struct
from prometheus_client.metrics_core import Metric

from exporters.dbpool.client import Row

GAUGE, COUNTER = "gauge", "counter"


class Topic(Struct, frozen=True, kw_only=True):
    """What one statement tells of a server."""

    name: str
    """The label `query`."""
    statement: str
    families: Callable[[Sequence[Row]], Iterable[Metric]]
    """Pure: rows to families, without the label `server`. Raises Refused when the rows do not tell the truth."""


class Shown(Struct, frozen=True):
    """What a column, or a row by its key, becomes. A counter keeps the name as it is given."""

    metric: str
    kind: str
    help: str
    scale: float = 1.0
    """From the server's unit to the base unit."""

    def family(self, samples: Iterable[tuple[Mapping[str, str], str | None]]) -> Metric:
        """The family of these labels and values; there is no sample where the server gives no value."""
        family = Metric(self.metric, self.help, self.kind)
        for labels, value in samples:
            if value is not None:
                family.add_sample(self.metric, dict(labels), float(value) * self.scale)
        return family


def by_column(labels: Mapping[str, str], columns: Mapping[str, Shown]) -> Callable[[Sequence[Row]], list[Metric]]:
    """For rows that are subjects: `labels` from column to label, `columns` from column to metric.

    A column that this version of the server does not have gives no family.
    """

    def families(rows: Sequence[Row]) -> list[Metric]:
        subjects = [{label: row.get(column) or "" for column, label in labels.items()} for row in rows]
        return [
            shown.family((subject, row[column]) for subject, row in zip(subjects, rows, strict=True))
            for column, shown in columns.items()
            if rows and column in rows[0]
        ]

    return families


def by_key(key: str, value: str, keys: Mapping[str, Shown]) -> Callable[[Sequence[Row]], list[Metric]]:
    """For rows that are names with values, in the columns `key` and `value`; `keys` from name to metric."""

    def families(rows: Sequence[Row]) -> list[Metric]:
        values = {row[key]: row[value] for row in rows}
        return [shown.family([({}, values[name])]) for name, shown in keys.items() if name in values]

    return families


def topics(package: ModuleType) -> tuple[Topic, ...]:
    """The topics of a package, by file name."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return tuple(importlib.import_module(f"{package.__name__}.{name}").TOPIC for name in names)
