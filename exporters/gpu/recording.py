"""Recordings: what NVML answered, moment by moment, as lines of JSON; written from a device, served in its place.

The first line is the header, each further line a moment: seconds since the start, each question with its raw answer or
`{"error": name}`, and the errors that GPUs reported meanwhile.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from exporters.core.errors import EnvironmentFault
from exporters.gpu.backend import Call, Event

T = TypeVar("T")

FORMAT = 1

BEGIN = Call("nvmlInit")
WATCH = "nvmlDeviceRegisterEvents"
"""The questions of a session's beginning, which are no questions to a backend but stand in a recording like them."""


class Header(Struct, frozen=True, kw_only=True):
    """What a recording is."""

    recording: int
    """The format's version."""
    source: str
    """`nvml`: recorded from a device; `handmade`: written by hand, after NVML's documentation."""
    interval: Annotated[float, Meta(gt=0)]
    """Seconds from one moment to the next."""
    about: str = ""


class Moment(Struct, frozen=True, kw_only=True):
    """What was asked and answered at one time."""

    at: Annotated[float, Meta(ge=0)]
    """Seconds since the recording began."""
    answers: dict[str, Any]
    events: list[Event] = []


class Recording(Struct, frozen=True, kw_only=True):
    """A whole recording; it has at least one moment, and they are in order."""

    header: Header
    moments: tuple[Moment, ...]


def load(file: Path) -> Recording:
    """Read a recording. Raises EnvironmentFault."""
    try:
        lines = file.read_bytes().splitlines()
    except OSError as fault:
        raise EnvironmentFault(f"cannot read the recording {file}: {fault.strerror}") from fault
    if len(lines) < 2:
        raise EnvironmentFault(
            f"{file} is no recording: it has {len(lines)} lines, and a header and a moment are the least"
        )
    header = _decoded(file, 1, lines[0], Header)
    if header.recording != FORMAT:
        raise EnvironmentFault(f"{file}:1: format {header.recording}, and this exporter reads {FORMAT}")
    moments = tuple(_decoded(file, number, line, Moment) for number, line in enumerate(lines[1:], 2))
    for number, (one, next_) in enumerate(pairwise(moments), 3):
        if next_.at < one.at:
            raise EnvironmentFault(f"{file}:{number} is no line of a recording: it is earlier than the one before it")
    return Recording(header=header, moments=moments)


def _decoded(file: Path, number: int, line: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.MsgspecError, RecursionError) as fault:
        raise EnvironmentFault(f"{file}:{number} is no line of a recording: {fault}") from fault


@contextmanager
def place_for(file: Path) -> Iterator[Path]:
    """A file beside `file`, to be written and moved there; gone afterwards if it was not.

    Raises EnvironmentFault where no recording can be written; best asked before it is made.
    """
    try:
        if file.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        number, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    except (OSError, ValueError) as fault:
        raise EnvironmentFault(f"cannot write the recording {file}: {_why(fault)}") from fault
    os.close(number)
    place = Path(name)
    try:
        yield place
    finally:
        place.unlink(missing_ok=True)


def save(file: Path, place: Path, header: Header, moments: Sequence[Moment]) -> None:
    """Write a recording, whole or not at all. `place`: from `place_for`. Raises EnvironmentFault."""
    text = b"".join(msgspec.json.encode(line) + b"\n" for line in (header, *moments))
    try:
        place.write_bytes(text)
        place.replace(file)
    except OSError as fault:
        raise EnvironmentFault(f"cannot write the recording {file}: {_why(fault)}") from fault


def _why(fault: OSError | ValueError) -> str:
    return str((fault.strerror if isinstance(fault, OSError) else None) or fault)
