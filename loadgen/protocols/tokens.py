"""How long a token lasts, read from the token itself. Nothing is verified: that is the server's affair."""

from __future__ import annotations

import binascii

import msgspec

LONGEST_MARGIN = 60.0
MARGIN_SHARE = 0.1
WHOLE_SECOND = 1.0
"""The times in a token are cut to whole seconds, so it may end up to one sooner than its lifetime says."""


class Claims(msgspec.Struct):
    """The times in a JWT, Unix seconds by the server's clock."""

    exp: float | None = None
    iat: float | None = None


def claims_of(token: str) -> Claims:
    """The times that a JWT carries; without any when it is none."""
    parts = token.split(".")
    try:
        payload = binascii.a2b_base64(parts[1].translate(_URL_SAFE) + "=" * (-len(parts[1]) % 4))
        return msgspec.json.decode(payload, type=Claims)
    except (IndexError, ValueError):
        return Claims()


_URL_SAFE = str.maketrans("-_", "+/")


def renewal(token: str, now: float) -> float | None:
    """Seconds after which the token should be renewed, well before it expires; None: it never does.

    `now`: Unix seconds, used only when the token does not say when it was issued; else its own lifetime counts, and
    the clocks of client and server need not agree.
    """
    claims = claims_of(token)
    if claims.exp is None:
        return None
    lifetime = max(0.0, claims.exp - (claims.iat if claims.iat is not None else now))
    return max(0.0, lifetime - WHOLE_SECOND - min(LONGEST_MARGIN, lifetime * MARGIN_SHARE))
