"""gRPC status codes: which reason for a failure each one is."""

from __future__ import annotations

_NO_CONNECTION = (
    "failed to connect",
    "connection refused",
    "name resolution",
    "dns resolution",
    "handshake",
    "no route to host",
    "network is unreachable",
    "no connection established",
)


def reason_of(code: str, details: str, *, answered: bool = False) -> str:
    """The reason (model.outcome.REASONS) of a call that ended with another status than OK.

    `code`: the status by name, e.g. `UNAVAILABLE`. `answered`: a message had come already.
    """
    if code == "DEADLINE_EXCEEDED":
        return "timeout"
    if code == "RESOURCE_EXHAUSTED":
        # A message beyond the size limit has the same status, but no limiter spoke and waiting does not help.
        return "grpc_error" if "larger than max" in details.lower() else "rate_limited"
    if code == "UNAVAILABLE":
        refused = not answered and any(sign in details.lower() for sign in _NO_CONNECTION)
        return "connect" if refused else "closed"
    return "grpc_error"
