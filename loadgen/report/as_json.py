"""The content as JSON, and the schema that describes it: docs/report.schema.json."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import Struct

from loadgen.report.contents import SCHEMA_VERSION, Report
from loadgen.report.described import schema_of

_ACTIVE = re.compile(r"[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What JSON may hold as it is, and a terminal that shows the file would obey. It stands in texts only."""


def as_json(report: Report) -> str:
    """The whole content; ends with a line break. What is not known is null."""
    return by_lines(report)


def schema() -> str:
    """The JSON Schema of the above.

    A reader should refuse a schema_version that it does not know, and overlook fields that it does not know.
    """
    return schema_of(Report, SCHEMA_VERSION, "Report of a load test")


def by_lines(record: Struct) -> str:
    """A record as JSON, one field or one entry of a list on each line; NaN and infinity become null."""
    fields = (f"{_plain(name)}: {_value(getattr(record, name))}" for name in record.__struct_fields__)
    return "{\n" + ",\n".join(fields) + "\n}\n"


def _value(value: object) -> str:
    if isinstance(value, tuple) and value:
        return "[\n" + ",\n".join(map(_plain, value)) + "\n]"
    return _plain(value)


def _plain(value: object) -> str:
    try:
        text = msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        text = msgspec.json.encode(_whole(msgspec.to_builtins(value))).decode()
    return _ACTIVE.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)


def _whole(value: Any) -> Any:
    """With every half of a surrogate pair, which UTF-8 cannot hold, replaced."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list | tuple) else value
