"""Texts and recordings from the generator."""

from __future__ import annotations

import io
import math
import wave
from random import Random
from statistics import median, quantiles

import pytest

from loadgen.inputs import Source, load_inputs
from loadgen.model.plan import Inputs, LengthDistribution
from loadgen.protocols.call import NOTHING, PROMPT, SPEECH, SPEECH_TEXT

INPUTS = Inputs(
    seed=1,
    prompt_words=LengthDistribution(median=18, p95=80, low=3, high=400),
    speech_words=LengthDistribution(median=10, p95=24, low=2, high=60),
    speech_seconds=LengthDistribution(median=1.5, p95=4, low=0.5, high=8),
)


@pytest.fixture(scope="module")
def source() -> Source:
    return load_inputs(INPUTS, 0, 2)


def test_the_same_seed_worker_and_chance_give_the_same(source: Source) -> None:
    again = load_inputs(INPUTS, 0, 2)
    for needs in (PROMPT, SPEECH_TEXT, SPEECH):
        assert source.draw(needs, Random(5)) == again.draw(needs, Random(5))


def test_workers_and_seeds_have_recordings_of_their_own(source: Source) -> None:
    others = [load_inputs(INPUTS, 1, 2), load_inputs(Inputs(**{**_fields(), "seed": 2}), 0, 2)]
    first = {source.wav(Random(n)).pcm[64:] for n in range(50)}
    for other in others:
        assert first.isdisjoint({other.wav(Random(n)).pcm[64:] for n in range(50)})


def _fields() -> dict[str, object]:
    return {name: getattr(INPUTS, name) for name in ("prompt_words", "speech_words", "speech_seconds")}


def test_hardly_anything_is_sent_twice(source: Source) -> None:
    rng = Random(1)
    for needs in (PROMPT, SPEECH_TEXT, SPEECH):
        assert len({source.draw(needs, rng) for _ in range(2000)}) > 1990


def test_prompts_are_as_long_as_the_distribution_says(source: Source) -> None:
    rng = Random(1)
    lengths = [len(source.prompt(rng).split()) for _ in range(5000)]
    assert median(lengths) == pytest.approx(18, abs=2)
    assert quantiles(lengths, n=20)[18] == pytest.approx(80, rel=0.15)
    assert (min(lengths), max(lengths)) >= (3, 3)
    assert max(lengths) <= 400


def test_texts_are_sentences(source: Source) -> None:
    rng = Random(1)
    for text in [source.prompt(rng) for _ in range(100)] + [source.speech_text(rng) for _ in range(100)]:
        assert text[0].isupper()
        assert text[-1] in "?."
        assert text.isascii()
        assert "  " not in text


def test_a_recording_is_a_wav_file_of_16_khz_mono_16_bit(source: Source) -> None:
    wav = source.wav(Random(1))
    with wave.open(io.BytesIO(wav.bytes)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        assert file.getnframes() == len(wav.pcm) // 2
        assert file.readframes(file.getnframes()) == wav.pcm
    assert wav.seconds == len(wav.pcm) / 32_000


def test_the_pool_is_as_long_and_short_as_the_distribution_says(source: Source) -> None:
    rng = Random(1)
    seconds = sorted({source.wav(rng).seconds for _ in range(2000)})
    assert len(seconds) == pytest.approx(INPUTS.wav_pool, abs=2)
    assert median(seconds) == pytest.approx(1.5, rel=0.15)
    assert (seconds[0], seconds[-1]) >= (0.5, 3)
    assert seconds[-1] <= 8


def test_a_recording_is_loud_and_quiet_in_turns_as_speech_is(source: Source) -> None:
    rng = Random(2)
    wav = max((source.wav(rng) for _ in range(50)), key=lambda wav: wav.seconds)
    samples = memoryview(wav.pcm).cast("h")
    blocks = [samples[at : at + 320] for at in range(0, len(samples) - 320, 320)]
    loudness = [math.sqrt(sum(sample * sample for sample in block) / 320) for block in blocks]
    assert max(loudness) > 2000
    assert min(loudness) < 200
    assert max(abs(sample) for sample in samples) < 32_767


def test_a_recording_as_short_as_can_be_may_be_varied_too() -> None:
    tiny = Inputs(
        **{**_fields(), "seed": 1, "speech_seconds": LengthDistribution(median=2e-4, p95=2e-4, low=2e-4, high=2e-4)}
    )
    wav = load_inputs(tiny, 0, 1).wav(Random(1))
    assert len(wav.pcm) == 2 * 3


def test_a_call_that_needs_nothing_gets_nothing(source: Source) -> None:
    assert source.draw(NOTHING, Random(1)) is None


def test_a_distribution_without_spread_gives_one_length() -> None:
    fixed = LengthDistribution(median=7, p95=7, low=7, high=7)
    source = load_inputs(Inputs(**{**_fields(), "seed": 1, "prompt_words": fixed}), 0, 1)
    rng = Random(1)
    assert {len(source.prompt(rng).split()) for _ in range(50)} == {7}
