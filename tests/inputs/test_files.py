"""The user's own prompts and recordings."""

from __future__ import annotations

import wave
from pathlib import Path
from random import Random

import pytest

from loadgen.inputs import InputsError, load_inputs, read_prompts, read_wavs
from loadgen.model.plan import Inputs, LengthDistribution

LENGTH = LengthDistribution(median=5, p95=9, low=1, high=10)

GOOD = {
    "prompts.txt": ('one\n\n  two  \r\nthree, with "marks"', ("one", "two", 'three, with "marks"')),
    "prompts.csv": ('id,prompt\n1,one\n2,"two, and\nmore"\n', ("one", "two, and\nmore")),
    "prompts.jsonl": ('{"prompt": "one"}\n\n{"id": 2, "prompt": "two"}\n', ("one", "two")),
    "prompts": ("\ufeffone\n", ("one",)),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_prompts_are_read_from_text_csv_and_json_lines(tmp_path: Path, name: str) -> None:
    text, prompts = GOOD[name]
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_prompts(tmp_path / name) == prompts


BAD = {
    "empty.txt": (b"\n \n", ["empty.txt: empty; allowed: at least one prompt"]),
    "latin1.txt": (b"one\ncaf\xe9\n", ["latin1.txt:2: not UTF-8"]),
    "long.txt": (b"x" * 100_001, ["long.txt:1: 100001 characters; allowed: 100000 or fewer"]),
    "column.csv": (b"id,text\n1,one\n", ["column.csv:1: the columns id, text; allowed: one is called 'prompt'"]),
    "blank.csv": (b"id,prompt\n1,one\n2,\n3\n", ["blank.csv:3: no text", "blank.csv:4: no text"]),
    "quote.csv": (b'id,prompt\n1,"one\n', ["quote.csv:"]),
    "nothing.csv": (b"", ["nothing.csv:1: the columns (none)"]),
    "bad.jsonl": (
        b'{"prompt": 1}\n{"prompt": "good"}\nno\n["one"]\n{"Prompt": "one"}\n',
        ["bad.jsonl:1: no text", "bad.jsonl:3: not JSON", "bad.jsonl:4: no text", "bad.jsonl:5: no text"],
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_every_bad_line_is_named_at_once(tmp_path: Path, name: str) -> None:
    content, starts = BAD[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputsError) as caught:
        read_prompts(tmp_path / name)
    found = [str(fault).replace(f"{tmp_path}/", "") for fault in caught.value.faults]
    assert len(found) == len(starts)
    assert all(text.startswith(start) for text, start in zip(found, starts, strict=True)), found


def record(path: Path, channels: int = 1, width: int = 2, rate: int = 16_000, frames: int = 160) -> bytes:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(bytes(channels * width * frames))
    return path.read_bytes()


def test_recordings_are_read_in_the_order_of_their_names_and_sent_as_they_are(tmp_path: Path) -> None:
    second, first = record(tmp_path / "b.wav"), record(tmp_path / "A.WAV", channels=2, rate=44_100, frames=44_100)
    (tmp_path / "notes.txt").write_text("not a recording")
    assert read_wavs(tmp_path) == (first, second)
    inputs = Inputs(seed=1, prompt_words=LENGTH, speech_seconds=LENGTH, speech_words=LENGTH, wav_folder=str(tmp_path))
    source = load_inputs(inputs, 0, 1)
    drawn = {wav.bytes: wav.seconds for wav in (source.wav(Random(n)) for n in range(20))}
    assert drawn == {first: 1.0, second: 0.01}


def test_every_bad_recording_is_named_at_once(tmp_path: Path) -> None:
    record(tmp_path / "good.wav")
    record(tmp_path / "eight.wav", width=1)
    record(tmp_path / "silent.wav", frames=0)
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(InputsError) as caught:
        read_wavs(tmp_path)
    assert [Path(fault.file).name for fault in caught.value.faults] == ["eight.wav", "silent.wav", "text.wav"]
    assert all("allowed: " in fault.text for fault in caught.value.faults)


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_without_recordings_is_refused(tmp_path: Path, there: bool) -> None:
    with pytest.raises(InputsError, match=r"no \.wav file" if there else "cannot be read"):
        read_wavs(tmp_path if there else tmp_path / "no_such")


def test_prompts_of_the_user_are_drawn_by_chance(tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("one\ntwo\nthree\n")
    inputs = Inputs(
        seed=1,
        prompt_words=LENGTH,
        speech_seconds=LENGTH,
        speech_words=LENGTH,
        prompts_file=str(tmp_path / "prompts.txt"),
    )
    rng, source = Random(1), load_inputs(inputs, 0, 1)
    assert {source.prompt(rng) for _ in range(50)} == {"one", "two", "three"}
