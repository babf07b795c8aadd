"""Names and figures in charts."""

from __future__ import annotations

from loadgen.model.inert import inert


def shown(text: str, room: int = 60) -> str:
    """A name of whatever origin on one line, nothing unseen in it; of a long one the middle is left out."""
    plain = inert(text)
    if len(plain) <= room:
        return plain
    tail = room // 3
    return f"{plain[: room - tail - 1]}…{plain[-tail:]}"


def operation(test_type: str, name: str, room: int = 60) -> str:
    """An operation, a test type as a whole, or all of them."""
    return shown(" ".join(part for part in (test_type, name) if part) or "all", room)
