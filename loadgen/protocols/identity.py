"""Who a user is: an id of its own, an address of its own, a name for each request."""

from __future__ import annotations

import ipaddress

_FIRST_ADDRESS = int(ipaddress.IPv4Address("198.18.0.0"))
ADDRESSES = 2**17
"""198.18.0.0/15 is set aside for benchmarks (RFC 2544), so no real client is impersonated."""


def user_id(run_id: str, test_type: str, index: int) -> str:
    """Unique across the users, workers and protocols of a run, and across runs."""
    return f"{run_id}-{test_type}-{index}"


def address(index: int, identities: int) -> str | None:
    """The address that stands in X-Forwarded-For for that user; None when users are not spread over addresses."""
    if identities < 1:
        return None
    return str(ipaddress.IPv4Address(_FIRST_ADDRESS + index % min(identities, ADDRESSES)))
