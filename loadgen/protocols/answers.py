"""What the JSON answers of REST and WebSocket have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from loadgen.protocols.call import Judgement, failed, too_short

_read = msgspec.json.Decoder().decode


def object_of(body: bytes | str) -> dict[str, Any]:
    """The JSON object in an answer. Raises ValueError or TypeError when it holds something else."""
    found = _read(body)
    if not isinstance(found, dict):
        raise TypeError(f"JSON {type(found).__name__} where an object is due")
    return found


def in_band_error(found: Mapping[str, Any]) -> Judgement | None:
    """The judgement of an error inside a good answer; None when there is none."""
    if found.get("type") == "error" or found.get("error"):
        return failed("in_band_error", "", str(found.get("message") or found.get("error") or "an error without a text"))
    return None


def text_field(found: Mapping[str, Any], field: str, least: int) -> Judgement | None:
    """The judgement of a text shorter than `least`; None when it is good. Raises KeyError, TypeError."""
    text = found[field]
    if not isinstance(text, str):
        raise TypeError(f"{field} is a {type(text).__name__} where a text is due")
    problem = too_short(text, least)
    return None if problem is None else failed("empty_answer", "", f"{field}: {problem}")


WRONG_FORM = (ValueError, TypeError, KeyError, AttributeError)
"""What reading an answer may raise when it is not of the agreed form."""


def wrong_form(fault: Exception, status: str, answer: bytes | str) -> Judgement:
    """The judgement of an answer that could not be read."""
    message = f"no field {fault}" if isinstance(fault, KeyError) else str(fault)
    return failed("bad_answer", status, message, answer)
