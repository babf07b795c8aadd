"""Generated recordings that sound like speech from afar: syllables with a pitch and formants, and short pauses.

A recogniser sees what it sees of speech (voiced sound, breath, silence, changing loudness); words there are none.
Single pitch periods are computed sample by sample, all else by laying them end to end, so that a pool is made quickly.
"""

from __future__ import annotations

import math
import struct
from array import array
from random import Random

from loadgen.inputs.lengths import at_share
from loadgen.model.plan import LengthDistribution

SAMPLE_RATE = 16_000
HEADER_BYTES = 44
SAMPLE_BYTES = 2

_FORMANTS = (
    (730, 1090, 2440),
    (270, 2290, 3010),
    (300, 870, 2240),
    (530, 1840, 2480),
    (570, 840, 2410),
    (490, 1350, 1690),
)
"""First three resonances in Hz of a, i, u, e, o and a murmur."""
_PITCHES = (105, 118, 131, 147)
_PEAK = 9_000
_BANK = 24


def wav_file(samples: bytes) -> bytes:
    """A WAV file of 16-bit mono samples at 16 kHz."""
    rate, frame = SAMPLE_RATE, SAMPLE_BYTES
    layout = struct.pack("<IHHIIHH", 16, 1, 1, rate, rate * frame, frame, 8 * frame)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + len(samples))
        + b"WAVEfmt "
        + layout
        + b"data"
        + struct.pack("<I", len(samples))
        + samples
    )


def recordings(lengths: LengthDistribution, number: int, rng: Random) -> tuple[bytes, ...]:
    """So many different WAV files, together as long and short as the distribution says."""
    bank = [_syllable(rng) for _ in range(_BANK)]
    seconds = [at_share(lengths, (place + 0.5) / number) for place in range(number)]
    rng.shuffle(seconds)
    return tuple(wav_file(_spoken(length, bank, rng)) for length in seconds)


def _spoken(seconds: float, bank: list[bytes], rng: Random) -> bytes:
    """Syllables and pauses, cut at the length."""
    size = SAMPLE_BYTES * round(seconds * SAMPLE_RATE)
    pieces: list[bytes] = []
    made = 0
    while made < size:
        pause = rng.choice((0, 0, 20, 40, 120))
        piece = rng.choice(bank) + bytes(SAMPLE_BYTES * SAMPLE_RATE * pause // 1000)
        pieces.append(piece)
        made += len(piece)
    return b"".join(pieces)[:size]


def _syllable(rng: Random) -> bytes:
    """A breath, then a vowel that swells and fades."""
    period = _period(rng.choice(_PITCHES), rng.choice(_FORMANTS))
    times = rng.randint(10, 26)
    length = times * len(period)
    loudness = [math.sin(math.pi * (place + 0.5) / times) for place in range(times)]
    vowel = array("h", (int(value * loud) for loud in loudness for value in period))
    return _breath(rng, min(length // 6, SAMPLE_RATE // 25)) + _little_endian(vowel)


def _period(pitch: int, formants: tuple[int, ...]) -> list[float]:
    """One pitch period: harmonics, the louder the nearer they are to a resonance."""
    size = SAMPLE_RATE // pitch
    harmonics = [(number, _resonance(number * pitch, formants)) for number in range(1, 3600 // pitch)]
    turn = math.tau / size
    wave = [sum(loud * math.sin(number * turn * at) for number, loud in harmonics) for at in range(size)]
    top = max(map(abs, wave))
    return [_PEAK * value / top for value in wave]


def _resonance(frequency: float, formants: tuple[int, ...]) -> float:
    return sum(1 / (1 + ((frequency - centre) / 90) ** 2) / (place + 1) for place, centre in enumerate(formants))


def _breath(rng: Random, size: int) -> bytes:
    """Soft noise."""
    return _little_endian(array("h", (8 * value - 1024 for value in rng.randbytes(size))))


def _little_endian(samples: array[int]) -> bytes:
    return struct.pack(f"<{len(samples)}h", *samples)
