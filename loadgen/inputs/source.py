"""What users send: drawn from the generator, or from the user's own files where the plan names them."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from msgspec import Struct

from loadgen.inputs.files import read_prompts, read_wavs
from loadgen.inputs.speech import HEADER_BYTES, SAMPLE_BYTES, recordings
from loadgen.inputs.texts import Texts
from loadgen.model.plan import Inputs
from loadgen.protocols.audio import pcm_of
from loadgen.protocols.call import NOTHING, PROMPT, SPEECH, SPEECH_TEXT

T = TypeVar("T")
Draw = Callable[[Random], T]

_VARIED = 16
"""Samples at the beginning of a generated recording that differ each time; a millisecond that nobody hears."""


class Wav(Struct, frozen=True, kw_only=True):
    """A recording: the file, and how many seconds it sounds."""

    bytes: builtins.bytes
    seconds: float

    @property
    def pcm(self) -> builtins.bytes:
        """Its samples alone."""
        return pcm_of(self.bytes).data


class Source:
    """Draws inputs. The same seed, worker and state of `rng` give the same; no call blocks or reads a file."""

    def __init__(self, prompt: Draw[str], speech_text: Draw[str], wav: Draw[Wav]) -> None:
        self.prompt = prompt
        """A text for a model to answer."""
        self.speech_text = speech_text
        """A text to be spoken."""
        self.wav = wav
        """A recording to be recognised."""
        self._draws: dict[str, Draw[Any]] = {
            NOTHING: lambda _rng: None,
            PROMPT: prompt,
            SPEECH_TEXT: speech_text,
            SPEECH: lambda rng: wav(rng).bytes,
        }

    def draw(self, needs: str, rng: Random) -> Any:
        """What a call needs (protocols.call.NOTHING, PROMPT, …): None, a text, or the bytes of a WAV file."""
        return self._draws[needs](rng)


def load_inputs(inputs: Inputs, worker: int, workers: int) -> Source:
    """The inputs of one worker of so many; no two generate the same recordings. Raises InputsError for bad files."""
    prompts = None if inputs.prompts_file is None else read_prompts(Path(inputs.prompts_file))
    return Source(
        prompt=Texts(inputs.prompt_words, "?").draw if prompts is None else lambda rng: rng.choice(prompts),
        speech_text=Texts(inputs.speech_words, ".").draw,
        wav=_generated(inputs, worker, workers) if inputs.wav_folder is None else _own(Path(inputs.wav_folder)),
    )


def _generated(inputs: Inputs, worker: int, workers: int) -> Draw[Wav]:
    """Recordings that differ a little each time, so that no cache knows them."""
    rng = Random(f"{inputs.seed}:recordings:{worker}/{workers}")
    pool = _pool(recordings(inputs.speech_seconds, inputs.wav_pool, rng))

    def draw(rng: Random) -> Wav:
        wav = rng.choice(pool)
        return Wav(bytes=varied(wav.bytes, rng), seconds=wav.seconds)

    return draw


def _own(folder: Path) -> Draw[Wav]:
    """The user's recordings, as they are."""
    pool = _pool(read_wavs(folder))
    return lambda rng: rng.choice(pool)


def _pool(wavs: Iterable[bytes]) -> tuple[Wav, ...]:
    return tuple(Wav(bytes=wav, seconds=pcm_of(wav).seconds) for wav in wavs)


def varied(wav: bytes, rng: Random) -> bytes:
    """A generated recording with other first samples, all of them soft."""
    size = min(_VARIED, (len(wav) - HEADER_BYTES) // SAMPLE_BYTES)
    first = bytearray(SAMPLE_BYTES * size)
    first[::SAMPLE_BYTES] = rng.randbytes(size)
    return b"".join((wav[:HEADER_BYTES], first, wav[HEADER_BYTES + len(first) :]))
