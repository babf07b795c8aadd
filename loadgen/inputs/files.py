"""The user's own inputs: prompts as text, CSV or JSON lines, and a folder of WAV files."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from loadgen.protocols.audio import pcm_of

COLUMN = "prompt"
LONGEST_PROMPT = 100_000
LARGEST_WAV = 50 * 2**20

Row = tuple[int, Any]
"""The number of a line, and what stands there: a prompt, or what is none."""


class Fault(Struct, frozen=True, kw_only=True):
    """What is wrong with a file; `line` is None when it is the file as a whole."""

    file: str
    line: int | None
    text: str

    def __str__(self) -> str:
        """`file:line: what was found; allowed: …`."""
        return f"{self.file}{'' if self.line is None else f':{self.line}'}: {self.text}"


class InputsError(Exception):
    """Inputs that cannot be sent; `faults` has all there is to say."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, faults)))


def read_prompts(path: Path) -> tuple[str, ...]:
    """The prompts in a .csv, a .jsonl, or else a text with one on each line; blank lines are left out.

    Raises InputsError with every line that holds no prompt.
    """
    read = _READERS.get(path.suffix.lower(), _lines)
    try:
        rows = list(read(path.read_bytes().decode("utf-8-sig")))
    except OSError as error:
        raise InputsError([_fault(path, None, _unreadable(error, "a file"))]) from error
    except UnicodeDecodeError as error:
        line = path.read_bytes().count(b"\n", 0, error.start) + 1
        raise InputsError([_fault(path, line, "not UTF-8; allowed: text in UTF-8")]) from error
    except (csv.Error, KeyError) as error:
        raise InputsError([_fault(path, 1, str(error.args[0]))]) from error
    faults = [_fault(path, line, text) for line, prompt in rows if (text := _why_not(prompt))]
    if not rows:
        faults.append(_fault(path, None, "empty; allowed: at least one prompt"))
    if faults:
        raise InputsError(faults)
    return tuple(prompt for _, prompt in rows)


def _why_not(prompt: Any) -> str | None:
    """Why this is no prompt; None when it is one."""
    if isinstance(prompt, _Bad):
        return prompt.text
    if not isinstance(prompt, str) or not prompt.strip():
        return f"no text; allowed: a text that is not blank (column or key {COLUMN!r})"
    if len(prompt) > LONGEST_PROMPT:
        return f"{len(prompt)} characters; allowed: {LONGEST_PROMPT} or fewer"
    return None


class _Bad(Struct, frozen=True):
    """A line that could not even be read."""

    text: str


def _lines(content: str) -> Iterator[Row]:
    return ((number, line.strip()) for number, line in enumerate(content.split("\n"), 1) if line.strip())


def _csv(content: str) -> Iterator[Row]:
    reader = csv.DictReader(content.splitlines(keepends=True), strict=True)
    if COLUMN not in (reader.fieldnames or ()):
        raise KeyError(
            f"the columns {', '.join(reader.fieldnames or ()) or '(none)'}; allowed: one is called {COLUMN!r}"
        )
    for row in reader:
        yield reader.line_num, row[COLUMN]


def _jsonl(content: str) -> Iterator[Row]:
    for number, line in _lines(content):
        try:
            found = msgspec.json.decode(line)
        except msgspec.DecodeError as error:
            yield number, _Bad(f"not JSON ({error}); allowed: {{{COLUMN!r}: …}} on each line")
        else:
            yield number, found.get(COLUMN) if isinstance(found, dict) else None


_READERS: dict[str, Callable[[str], Iterator[Row]]] = {".csv": _csv, ".jsonl": _jsonl}


def read_wavs(folder: Path) -> tuple[bytes, ...]:
    """Every .wav file of a folder, in the order of their names. Raises InputsError with every bad one."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".wav")
    except OSError as error:
        raise InputsError([_fault(folder, None, _unreadable(error, "a folder"))]) from error
    found = [(path, _wav(path)) for path in paths]
    faults = [_fault(path, None, wav.text) for path, wav in found if isinstance(wav, _Bad)]
    if not paths:
        faults.append(_fault(folder, None, "no .wav file; allowed: at least one"))
    if faults:
        raise InputsError(faults)
    return tuple(wav for _, wav in found if isinstance(wav, bytes))


def _wav(path: Path) -> bytes | _Bad:
    try:
        if path.stat().st_size > LARGEST_WAV:
            return _Bad(f"{path.stat().st_size} bytes; allowed: {LARGEST_WAV} or fewer")
        content = path.read_bytes()
        if not pcm_of(content).data:
            return _Bad("without a sound; allowed: at least one sample")
    except OSError as error:
        return _Bad(_unreadable(error, "a file"))
    except ValueError as error:
        return _Bad(f"{error}; allowed: 16-bit PCM in a WAV file")
    return content


def _unreadable(error: OSError, kind: str) -> str:
    return f"cannot be read: {error.strerror}; allowed: {kind} that is there"


def _fault(path: Path, line: int | None, text: str) -> Fault:
    return Fault(file=str(path), line=line, text=text)
