"""How an operation ends that got no answer."""

from __future__ import annotations

import ssl

from loadgen.protocols.call import Judgement


class Failure(Exception):
    """There is no answer to judge. `reason` is one of model.outcome.REASONS."""

    def __init__(self, reason: str, message: str, status: str = "") -> None:
        super().__init__(message)
        self.judgement = Judgement(reason=reason, status=status, message=message)


def from_os_error(fault: OSError, *, connected: bool, awaited: str) -> Failure:
    """The failure behind a socket's error: refused, timed out, or dropped.

    `connected`: the connection stood already. `awaited`: what was being waited for, for the message.
    """
    if not connected:
        return Failure("connect", f"no connection: {_text(fault)}")
    if isinstance(fault, ssl.SSLError) and "ALERT" in (fault.reason or ""):
        # Since TLS 1.3 a server refuses a client's certificate when the client already takes itself for connected.
        return Failure("connect", f"no TLS connection: {_text(fault)}")
    if isinstance(fault, TimeoutError):
        return Failure("timeout", f"no {awaited} in time")
    return Failure("closed", f"the connection was lost before the {awaited}: {_text(fault)}")


def _text(fault: OSError) -> str:
    return fault.strerror or str(fault) or type(fault).__name__
