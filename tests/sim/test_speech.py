"""What the stand-in says has the length and the variety of what was asked."""

from __future__ import annotations

import pytest

from sim.speech import LONGEST_AUDIO, audio_for, seconds_of, transcript_of, words_in_answer
from tests.june_calls import wav


def test_answers_to_different_prompts_share_neither_beginning_nor_end() -> None:
    answers = [words_in_answer(f"question number {n} about light", 0) for n in range(50)]
    assert len({tuple(a) for a in answers}) == 50
    assert len({a[0] for a in answers}) > 5
    assert len({a[-1] for a in answers}) > 5


@pytest.mark.parametrize("limit", [1, 5, 8])
def test_an_answer_has_no_more_tokens_than_allowed(limit: int) -> None:
    assert len(words_in_answer("hello", limit)) == limit


def test_no_audio_is_longer_than_grpc_lets_through() -> None:
    audio = audio_for("word " * 50_000)
    assert seconds_of(audio) == LONGEST_AUDIO
    assert len(audio) < 4 * 1024 * 1024


def test_different_texts_sound_different() -> None:
    assert audio_for("one two") != audio_for("two one")


@pytest.mark.parametrize("rate, seconds", [(16_000, 1.5), (8_000, 2.0), (48_000, 0.5)])
def test_a_wav_is_as_long_as_its_header_says(rate: int, seconds: float) -> None:
    assert seconds_of(wav(seconds, rate)) == pytest.approx(seconds)


def test_bytes_without_a_header_are_pcm() -> None:
    assert seconds_of(b"\0" * 32_000) == 1.0


def test_different_audio_is_heard_differently() -> None:
    assert transcript_of(b"a" * 1000, 3) != transcript_of(b"b" * 1000, 3)
