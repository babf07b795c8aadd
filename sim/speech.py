"""What the stand-in says: answers that follow the prompt, audio as long as its text, transcripts as their audio.

Everything here is a function of the request, so that two different requests have different answers.
"""

from __future__ import annotations

import math
import random
import struct
from array import array
from zlib import crc32

SAMPLE_RATE = 16_000
"""Of all synthesised audio, in Hz; samples are headerless PCM16, mono."""

BYTES_PER_SECOND = SAMPLE_RATE * 2

SECONDS_PER_WORD = 0.3
"""Of synthesised speech; a recogniser hears as many words in as much time."""

LONGEST_AUDIO = 120.0
"""Seconds; what is longer would not pass gRPC's 4 MiB."""

_SHORTEST_ANSWER, _LONGEST_ANSWER = 8, 20
_PROMPT_WORDS = 200

_WORDS = """
the a one every another this that some each no light river house window morning evening garden letter engine mountain
harbour signal number question answer reason pattern moment summer winter paper metal table circle measure voice music
story border market bridge station corner island forest valley season weather distance is was becomes remains follows
carries holds opens closes reaches leaves turns keeps finds moves begins ends small large bright quiet early late common
simple steady narrow distant open certain familiar gentle plain warm and or but because while before after under above
between beside through without toward slowly often again seldom together almost nearly always rather soon further
instead meanwhile however perhaps clearly mostly exactly
"""

_VOCABULARY = tuple(_WORDS.split())


def words_in_answer(prompt: str, max_tokens: int) -> list[str]:
    """The answer to a prompt, word by word; a word counts as a token. At most `max_tokens` (0: no limit of its own)."""
    chance = random.Random(crc32(prompt.encode()))
    length = chance.randint(_SHORTEST_ANSWER, _LONGEST_ANSWER)
    own = prompt.split(maxsplit=_PROMPT_WORDS)[:_PROMPT_WORDS]
    words = [chance.choice(own if own and chance.random() < 0.4 else _VOCABULARY) for _ in range(length)]
    return words[:max_tokens] if max_tokens > 0 else words


def audio_for(text: str) -> bytes:
    """PCM16 audio of a text, SECONDS_PER_WORD for each word; no audio for a text without words."""
    words = len(text.split())
    if not words:
        return b""
    seconds = min(words * SECONDS_PER_WORD, LONGEST_AUDIO)
    start = crc32(text.encode()) % SAMPLE_RATE * 2
    return _TAPE[start : start + round(seconds * SAMPLE_RATE) * 2]


def transcript_of(audio: bytes, seconds: float) -> list[str]:
    """The words heard in so many seconds of audio: one each SECONDS_PER_WORD, at least one."""
    chance = random.Random(crc32(audio))
    return [chance.choice(_VOCABULARY) for _ in range(max(1, round(seconds / SECONDS_PER_WORD)))]


def seconds_of(audio: bytes | bytearray, sample_rate: int = SAMPLE_RATE) -> float:
    """Length of WAV audio by its header; bytes without one are taken as PCM16 mono at `sample_rate`."""
    if audio[:4] == b"RIFF" and audio[8:12] == b"WAVE" and audio[12:16] == b"fmt " and len(audio) >= 44:
        (bytes_per_second,) = struct.unpack_from("<I", audio, 28)
        return (len(audio) - 44) / max(bytes_per_second, 1)
    return len(audio) / 2 / max(sample_rate, 1)


def embedding_of(text: str, dimension: int) -> list[float]:
    """A unit vector that belongs to the text."""
    chance = random.Random(crc32(text.encode()))
    values = [chance.uniform(-1, 1) for _ in range(dimension)]
    length: float = math.hypot(*values)
    return [v / length for v in values]


def _tape() -> bytes:
    """Two seconds of a humming voice, repeated until every answer fits."""
    loop = 2 * SAMPLE_RATE
    samples = array("h")
    for n in range(loop):
        at = n / SAMPLE_RATE
        swell = 0.6 + 0.4 * math.sin(math.tau * 3 * at)
        samples.append(int(9000 * swell * (math.sin(math.tau * 140 * at) + 0.4 * math.sin(math.tau * 420 * at))))
    if samples.itemsize != 2 or struct.pack("=h", 1) != struct.pack("<h", 1):
        samples.byteswap()
    return samples.tobytes() * (int(LONGEST_AUDIO / 2) + 1)


_TAPE = _tape()
