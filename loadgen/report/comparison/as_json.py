"""A comparison as JSON, and the schema that describes it: docs/comparison.schema.json."""

from __future__ import annotations

from loadgen.model.comparison import SCHEMA_VERSION, Comparison
from loadgen.report.as_json import by_lines
from loadgen.report.described import schema_of


def as_json(comparison: Comparison) -> str:
    """The whole comparison; ends with a line break. What is not known, or has no bound, is null."""
    return by_lines(comparison)


def schema() -> str:
    """The JSON Schema of the above."""
    return schema_of(Comparison, SCHEMA_VERSION, "Comparison of load tests")
