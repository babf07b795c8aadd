"""Every call of every protocol, by test type and by the name that stands in the YAML as `call:`."""

from __future__ import annotations

from loadgen.protocols import grpc_calls, rest, websocket
from loadgen.protocols.call import Call


def _by_type(*calls: Call) -> dict[str, dict[str, Call]]:
    found: dict[str, dict[str, Call]] = {}
    for call in calls:
        found.setdefault(call.test_type, {})[call.name] = call
    return found


CALLS: dict[str, dict[str, Call]] = _by_type(*rest.CALLS, *websocket.CALLS, *grpc_calls.CALLS)
"""`CALLS[test_type][call]`."""

TOKEN, CONNECT = "token", "connect"
"""The calls that a REST user makes to be let in, and a WebSocket user to be connected."""
