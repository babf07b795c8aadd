"""Reads the operations, and what a scenario says differently about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from loadgen.config.config import ConfiguredOperation
from loadgen.config.problems import Path, one_of, shown, unknown
from loadgen.config.reader import Fields, Reader
from loadgen.config.schema import ExpectSettings, OperationChange, OperationSettings
from loadgen.config.terms import TERMS
from loadgen.model.plan import TEST_TYPES, Expect
from loadgen.model.settings import Settings
from loadgen.protocols.call import Call
from loadgen.protocols.registry import CALLS, CONNECT, TOKEN

OWN = tuple(kind for kind, terms in TERMS.items() if terms.own)
"""Kinds of criteria for which an operation may state bounds of its own."""

ON_DEMAND = (TOKEN, CONNECT)
"""Calls that are made when they are needed, and never drawn."""


class Entry(Struct, frozen=True, kw_only=True):
    """An operation with the fields of it that are valid. `own`: by kind of criterion the figures it states itself."""

    test_type: str
    name: str
    fields: Fields
    own: dict[str, Fields]

    @property
    def key(self) -> str:
        """How it is known among all operations."""
        return f"{self.test_type}:{self.name}"


def read_entries(reader: Reader, data: object, path: Path) -> dict[str, Entry]:
    """Every operation of the block `operations`."""
    entries: dict[str, Entry] = {}
    for test_type, block in reader.mapping(data, path).items():
        place = (*path, test_type)
        if test_type not in TEST_TYPES:
            reader.problem(place, unknown(test_type, TEST_TYPES))
            continue
        operations = reader.mapping(block, place)
        reader.names(operations, place)
        for name, settings in operations.items():
            entry = _entry(reader, test_type, name, settings, (*place, name))
            entries[entry.key] = entry
    check_weights(reader, entries, path, known={})
    _check_connect(reader, entries, path)
    return entries


def _entry(reader: Reader, test_type: str, name: str, data: object, path: Path) -> Entry:
    fields = reader.fields(OperationSettings, data, path, beside=OWN)
    entry = Entry(test_type=test_type, name=name, fields=fields, own=_own(reader, data, path))
    call = fields.get("call")
    if call is not None and call not in CALLS[test_type]:
        reader.problem((*path, "call"), unknown(call, CALLS[test_type]))
    elif call is not None:
        reader.params(CALLS[test_type][call].params, fields.get("params", {}), (*path, "params"))
        _check_expect(reader, CALLS[test_type][call], data, path)
    _check_entry(reader, entry, path)
    return entry


def _check_expect(reader: Reader, call: Call, data: object, path: Path) -> None:
    """What stands there is what the call's answers are looked at for."""
    block = data.get("expect") if isinstance(data, dict) else None
    for key, value in block.items() if isinstance(block, dict) else ():
        if key in ExpectSettings.model_fields and key not in call.expects:
            text = f"{shown(value)}, which has no effect on {call.name}; allowed: {one_of(call.expects)}"
            reader.problem((*path, "expect", key), text)


def _own(reader: Reader, data: object, path: Path) -> dict[str, Fields]:
    """The bounds of its own."""
    block = data if isinstance(data, dict) else {}
    return {
        kind: reader.fields(TERMS[kind].settings, block[kind], (*path, kind), partial=True)
        for kind in OWN
        if kind in block
    }


def _check_entry(reader: Reader, entry: Entry, path: Path) -> None:
    call, weight = entry.fields.get("call"), entry.fields.get("weight", 0)
    if call in ON_DEMAND and weight != 0:
        reader.problem((*path, "weight"), f"{weight:g}; allowed: 0, for {call} is called when it is needed")
    if entry.own and not _judged(entry):
        kinds = " and ".join(entry.own)
        reader.problem(
            (*path, next(iter(entry.own))), f"{kinds} of an operation that is not judged; allowed: judged: true"
        )


def _judged(entry: Entry) -> bool:
    judged = entry.fields.get("judged")
    call = CALLS[entry.test_type].get(entry.fields.get("call", ""))
    return judged if judged is not None else call is None or call.judged


def changed_entries(reader: Reader, entries: Mapping[str, Entry], data: object, path: Path) -> dict[str, Entry]:
    """The operations with what a scenario says differently."""
    changed = dict(entries)
    for test_type, block in reader.mapping(data, path).items():
        place = (*path, test_type)
        if test_type not in TEST_TYPES:
            reader.problem(place, unknown(test_type, TEST_TYPES))
            continue
        for name, settings in reader.mapping(block, place).items():
            entry = entries.get(f"{test_type}:{name}")
            if entry is None:
                reader.problem((*place, name), unknown(name, _names(entries, test_type)))
            else:
                changed[entry.key] = _changed(reader, entry, settings, (*place, name))
    return changed


def _changed(reader: Reader, entry: Entry, data: object, path: Path) -> Entry:
    fields = reader.fields(OperationChange, data, path, partial=True, beside=OWN)
    own = {kind: entry.own.get(kind, {}) | figures for kind, figures in _own(reader, data, path).items()}
    found = replace(entry, fields=entry.fields | fields, own=entry.own | own)
    if _judged(entry) or not entry.own:  # else it was said where the operation stands
        _check_entry(reader, found, path)
    return found


def check_weights(reader: Reader, entries: Mapping[str, Entry], path: Path, known: Mapping[str, Entry]) -> None:
    """Of each test type something must be drawn. `known`: operations of which this was said before."""
    for test_type in TEST_TYPES:
        if _weightless(entries, test_type) and not _weightless(known, test_type):
            reader.problem((*path, test_type), "every weight is 0; allowed: at least one weight above 0")


def _weightless(entries: Mapping[str, Entry], test_type: str) -> bool:
    weights = [entry.fields.get("weight", 1) for entry in entries.values() if entry.test_type == test_type]
    return bool(weights) and not any(weights)


def _check_connect(reader: Reader, entries: Mapping[str, Entry], path: Path) -> None:
    calls = [entry.fields.get("call") for entry in entries.values() if entry.test_type == "websocket"]
    if calls and CONNECT not in calls:
        text = f"no operation with call: {CONNECT}; allowed: one, by which connecting is counted"
        reader.problem((*path, "websocket"), text)


def _names(entries: Mapping[str, Entry], test_type: str) -> list[str]:
    return [entry.name for entry in entries.values() if entry.test_type == test_type]


def configured(entry: Entry, criteria: Mapping[str, Settings]) -> ConfiguredOperation:
    """An operation whose fields are all valid, with its own bounds in full."""
    fields: dict[str, Any] = entry.fields
    expect = fields["expect"]
    return ConfiguredOperation(
        test_type=entry.test_type,
        name=entry.name,
        call=fields["call"],
        weight=fields["weight"],
        timeout=fields["timeout"],
        judged=_judged(entry),
        expect=Expect(
            statuses=expect.statuses,
            min_text=expect.min_text,
            min_audio_seconds=expect.min_audio,
            rate_limited=expect.rate_limited,
        ),
        params=fields["params"],
        own={kind: criteria[kind].model_copy(update=figures) for kind, figures in entry.own.items()},
    )
