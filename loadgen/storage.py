"""Records as files: JSON, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to `path` so that a reader finds the old file or the new one, never a piece.

    Raises OSError, with the path in it, when the folder cannot be written or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def save(path: Path, record: object) -> None:
    """Write a record as indented JSON."""
    write_whole(path, msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")


def load(path: Path, kind: type[T]) -> T:
    """Read a record back. Raises OSError, or msgspec.ValidationError/DecodeError with the place of the fault."""
    return msgspec.json.decode(path.read_bytes(), type=kind)
