"""Access tokens: JWT, HS256, with an expiry. A stand-in's secret lives and dies with its process."""

from __future__ import annotations

import secrets
import time
from datetime import datetime
from typing import Any

import jwt
from jwt.types import Options

from sim.failures import Refusal

_REQUIRED: Options = {"require": ["exp", "sub"]}
_CHALLENGE = {"WWW-Authenticate": "Bearer"}


class Tokens:
    """Issues and checks tokens."""

    def __init__(self, lifetime: float) -> None:
        """`lifetime`: seconds that a token is good for."""
        self._lifetime = lifetime
        self._secret = secrets.token_hex(32)

    def issue(self, user_id: str, roles: list[str]) -> str:
        """A token for this user. A user without roles is one that the database does not know."""
        now = time.time()
        claims: dict[str, Any] = {
            "sub": user_id,
            "exp": int(now + self._lifetime),
            "iat": int(now),
            "jti": secrets.token_urlsafe(16),
            "type": "access",
        }
        if roles:
            claims["roles"] = roles
        return jwt.encode(claims, self._secret, algorithm="HS256")

    def user_of(self, authorization: str | None) -> str:
        """The user whom an Authorization header names. Raises Refusal, status 401."""
        if authorization is None or not authorization.startswith("Bearer "):
            raise Refusal(401, "Not authenticated", _CHALLENGE)
        try:
            claims = jwt.decode(authorization[7:], self._secret, algorithms=["HS256"], options=_REQUIRED)
        except jwt.InvalidTokenError as error:
            raise Refusal(401, f"Invalid token: {error}", _CHALLENGE) from None
        return str(claims["sub"])


def timestamp() -> str:
    """Now, as June writes it: ISO 8601, microseconds, no zone."""
    return datetime.now().isoformat(timespec="microseconds")  # noqa: DTZ005 - no zone is how June writes it
