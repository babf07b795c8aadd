"""Sound as June speaks it: WAV files to be recognised, PCM16 mono in pieces, base64 in JSON."""

from __future__ import annotations

import binascii
import struct

from msgspec import Struct

SAMPLE_BYTES = 2
"""PCM16."""


class Pcm(Struct, frozen=True, kw_only=True):
    """Headerless 16-bit samples."""

    data: bytes
    sample_rate: int
    channels: int

    @property
    def seconds(self) -> float:
        """How long it sounds."""
        return len(self.data) / (SAMPLE_BYTES * self.channels * self.sample_rate)


def pcm_of(wav: bytes) -> Pcm:
    """The samples inside a WAV file. Raises ValueError when it is none, or not 16-bit PCM."""
    if wav[:4] != b"RIFF" or wav[8:12] != b"WAVE":
        raise ValueError("no WAV file: it does not begin with RIFF … WAVE")
    layout: tuple[int, int] | None = None
    at = 12
    while at + 8 <= len(wav):
        name, size = wav[at : at + 4], int.from_bytes(wav[at + 4 : at + 8], "little")
        if name == b"fmt ":
            layout = _layout(wav[at + 8 : at + 8 + size])
        elif name == b"data" and layout is not None:
            return Pcm(data=wav[at + 8 : at + 8 + size], sample_rate=layout[1], channels=layout[0])
        at += 8 + size + size % 2
    raise ValueError("a WAV file without its fmt and data chunks")


def _layout(chunk: bytes) -> tuple[int, int]:
    """(channels, sample rate) of a fmt chunk."""
    kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk.ljust(16, b"\0"))
    if kind not in (1, 0xFFFE) or bits != 8 * SAMPLE_BYTES or not channels or not rate:
        raise ValueError(f"a WAV of format {kind} with {bits} bits and {channels} channels; wanted is 16-bit PCM")
    return channels, rate


def pieces(pcm: Pcm, seconds: float) -> tuple[bytes, ...]:
    """The samples in pieces of `seconds` each, whole frames; the last may be shorter."""
    frame = SAMPLE_BYTES * pcm.channels
    step = max(1, round(seconds * pcm.sample_rate)) * frame
    return tuple(pcm.data[at : at + step] for at in range(0, len(pcm.data), step))


def seconds_of_base64(text: str, sample_rate: int) -> float:
    """How long base64-coded PCM16 mono sounds. Raises ValueError when that cannot be said."""
    if sample_rate <= 0:
        raise ValueError(f"a sample rate of {sample_rate}")
    try:
        data = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError) as fault:
        raise ValueError(f"no base64: {fault}") from fault
    return len(data) / (SAMPLE_BYTES * sample_rate)
