"""The published format: valid by its schema, exact, and inert."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from msgspec import structs

from loadgen.report.as_json import as_json, schema
from loadgen.report.contents import SCHEMA_VERSION, Report
from tests.hostile import HOSTILE, RECORDED
from tests.reports import hostile_report, report, shortened

REPOSITORY = Path(__file__).resolve().parents[2]
PUBLISHED = REPOSITORY / "docs/report.schema.json"
GOLDEN = Path(__file__).parent / "golden/report.json"

each_text = pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))


def checked(text: str) -> Any:
    """The JSON, after its schema was asked."""
    found = json.loads(text)
    jsonschema.Draft202012Validator(json.loads(PUBLISHED.read_text())).validate(found)
    return found


def test_the_published_schema_is_that_of_the_code():
    """After a wanted change: UPDATE_GOLDEN=1 pytest tests/report, and a new SCHEMA_VERSION if readers would trip."""
    if os.environ.get("UPDATE_GOLDEN"):
        PUBLISHED.write_text(schema())
    assert PUBLISHED.read_text() == schema()


def test_the_published_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(json.loads(PUBLISHED.read_text()))


def test_the_report_is_what_others_build_on():
    """After a wanted change: UPDATE_GOLDEN=1 pytest tests/report."""
    found = as_json(shortened(report()))
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(found)
    assert found == GOLDEN.read_text()


def test_the_report_comes_back_as_it_was():
    again = as_json(msgspec.json.decode(as_json(report()), type=Report))
    assert json.loads(again) == json.loads(as_json(report()))


def test_it_is_valid_and_says_its_version():
    assert checked(as_json(shortened(report())))["schema_version"] == SCHEMA_VERSION


def test_another_version_is_not_valid():
    with pytest.raises(jsonschema.ValidationError):
        checked(as_json(structs.replace(report(), schema_version=SCHEMA_VERSION + 1)))


@pytest.mark.parametrize("field", ["verdict", "rows", "criteria", "queries", "plan"])
def test_without_a_field_it_is_not_valid(field: str):
    found = json.loads(as_json(shortened(report())))
    del found[field]
    with pytest.raises(jsonschema.ValidationError):
        checked(json.dumps(found))


@each_text
def test_any_text_makes_a_valid_file_that_utf8_can_hold(text: str):
    found = as_json(shortened(hostile_report(text)))
    found.encode()
    assert checked(found)["rows"]


@pytest.mark.parametrize("text", RECORDED, ids=range(len(RECORDED)))
def test_a_text_comes_back_to_the_letter(text: str):
    assert checked(as_json(shortened(hostile_report(text))))["target"] == text


@each_text
def test_nothing_in_it_moves_a_terminal(text: str):
    found = as_json(shortened(hostile_report(text)))
    assert not [c for c in found if c != "\n" and (ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u2028\u202e")]


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_a_number_that_json_lacks_is_null(value: float):
    first, *others = report().rows
    spoilt = structs.replace(report(), rows=(structs.replace(first, mean=value), *others))
    assert checked(as_json(spoilt))["rows"][0]["mean"] is None
