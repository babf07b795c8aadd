"""Recordings: written whole, read back as they were, served by their times, and never taken for the device itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from exporters.core.errors import EnvironmentFault
from exporters.gpu.backend import Call, Event, NvmlFault
from exporters.gpu.command import collectors_of
from exporters.gpu.recorder import Recorder, record
from exporters.gpu.recording import Recording, load, place_for, save
from exporters.gpu.replay import Replay
from exporters.gpu.session import Session
from tests.exporter_process import ask, run_exporter, start_exporter
from tests.exporters.gpu.handmade import SERVER, Clock, Exporter, machine, recording, refused, server, split

WELL = machine(aaaa=server(), cccc=split())

HEAD = b'{"recording":1,"source":"handmade","interval":1.0}\n'


def put(file: Path, written: Recording) -> None:
    with place_for(file) as place:
        save(file, place, written.header, written.moments)


def test_a_recording_is_read_as_it_was_written(tmp_path: Path):
    file, written = tmp_path / "gpu.jsonl", recording(WELL, (machine(aaaa="gpu_is_lost"), [Event(SERVER, 79)]))
    put(file, written)
    assert load(file) == written
    assert [path.name for path in tmp_path.iterdir()] == ["gpu.jsonl"]


@pytest.mark.parametrize(
    "content, says",
    [
        (b"", "0 lines"),
        (HEAD, "1 lines"),
        (b"# HELP\n# TYPE\n", ":1 is no line of a recording"),
        (HEAD.replace(b":1,", b":2,") + b'{"at":0,"answers":{}}\n', "format 2, and this exporter reads 1"),
        (HEAD + b'{"at":0,"answers":{}}\n{"at":1,"answ', ":3 is no line of a recording"),
        (HEAD + b'{"at":"now","answers":{}}\n', ":2 is no line of a recording"),
        (HEAD + b'{"at":-1,"answers":{}}\n', ":2 is no line of a recording"),
        (HEAD + b'{"at":0,"answers":{}}\n{"at":2,"answers":{}}\n{"at":1,"answers":{}}\n', ":4 .* earlier than"),
        (HEAD + b'{"at":0,"answers":{"f()":' + b"[" * 100_000 + b"}}\n", ":2 is no line of a recording"),
        (HEAD.replace(b"1.0", b"0") + b'{"at":0,"answers":{}}\n', ":1 is no line of a recording"),
        (HEAD.replace(b"1.0", b"-1") + b'{"at":0,"answers":{}}\n', ":1 is no line of a recording"),
    ],
)
def test_what_is_no_recording_is_refused_with_the_line(tmp_path: Path, content: bytes, says: str):
    file = tmp_path / "gpu.jsonl"
    file.write_bytes(content)
    with pytest.raises(EnvironmentFault, match=says):
        load(file)


def test_answers_are_those_of_the_time_and_begin_again_at_the_end():
    clock = Clock()
    replay = Replay(recording({"f()": 0}, {"f()": 1}, {"f()": refused("timeout")}), clock)
    seen = []
    for _ in range(5):
        try:
            seen.append(replay.ask(Call("f")))
        except NvmlFault as fault:
            seen.append(fault.error)
        clock.now += 1
    assert seen == [0, 1, "timeout", 0, 1]


def test_events_are_told_once_also_those_of_moments_that_nobody_asked_in():
    clock = Clock()
    told = [({}, [Event(SERVER, number)]) for number in (1, 2, 3)]
    replay = Replay(recording(*told), clock)
    seen = [[event.xid for event in replay.events()]]
    for step in (0.0, 2.0, 1.0):
        clock.now += step
        seen.append([event.xid for event in replay.events()])
    assert seen == [[1], [], [2, 3], [1]]


def test_what_was_never_asked_is_not_recorded_rather_than_made_up():
    with pytest.raises(NvmlFault, match="not_recorded"):
        Replay(recording({}), Clock()).ask(Call("nvmlDeviceGetPowerUsage", SERVER))


def recorded(original: Recording, seconds: float) -> Recording:
    """A recording of a replay, taken with the real recorder and the real collectors."""
    recorder = Recorder(Replay(original))
    moments = record(recorder, collectors_of(Session(recorder)), seconds, 0.05)
    return Recording(header=original.header, moments=tuple(moments))


WRONG = {
    "nvmlDeviceGetPowerUsage(GPU-aaaa)": "many",
    "nvmlDeviceGetCount()": "one",
    "nvmlDeviceGetUUID(#0)": 7,
    "nvmlDeviceGetUtilizationRates(GPU-aaaa)": {"memory": 1},
    "nvmlDeviceGetEccMode(GPU-aaaa)": [],
    "nvmlDeviceGetComputeRunningProcesses_v3(GPU-aaaa)": [{"pid": 1}],
    "nvmlDeviceGetMigMode(GPU-aaaa)": True,
}


@pytest.mark.parametrize("key", WRONG)
def test_a_recording_with_an_answer_that_no_device_gives_is_refused_with_the_line(tmp_path: Path, key: str):
    """In its second moment; it would fail at each scrape, and only then."""
    file, well = tmp_path / "gpu.jsonl", machine(aaaa=server())
    put(file, recording(well, well | {key: WRONG[key]}))
    ended = run_exporter("gpu", "--replay", str(file))
    assert (ended.returncode, ended.stderr.count("\n")) == (4, 1), ended.stderr
    assert f"{file}:3 is no line of a recording" in ended.stderr


def test_what_the_collectors_asked_is_what_was_recorded():
    original = recording((WELL, [Event(SERVER, 13)]))
    again = recorded(original, 0.1)
    assert len(again.moments) == 2
    assert again.moments[0].events == [Event(SERVER, 13)]
    for moment in again.moments:
        assert moment.answers["nvmlInit()"] is None
        exporter = Exporter((moment.answers, moment.events))
        for name in exporter.collectors:
            if name != "errors" or moment.events:
                assert exporter.text(name) == Exporter((WELL, moment.events)).text(name)


def test_a_driver_that_goes_while_it_is_recorded_is_on_record():
    gone = {"nvmlInit()": refused("driver_not_loaded"), "nvmlDeviceGetCount()": refused("uninitialized")}
    again = recorded(Recording(header=recording(gone).header, moments=recording(gone).moments), 0.05)
    (moment,) = again.moments
    assert moment.answers["nvmlInit()"] == refused("driver_not_loaded")


def test_without_a_gpu_nothing_is_recorded_and_no_file_is_left(tmp_path: Path):
    file = tmp_path / "gpu.jsonl"
    ended = run_exporter("gpu", "--record", str(file), "--seconds", "0.1")
    if file.exists():
        pytest.skip("this machine has a GPU")
    assert ended.returncode == 4
    assert "nothing to record" in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words, code, says",
    [
        (["--replay", "no-such-file"], 4, "no-such-file: No such file"),
        (["--record", "x", "--replay", "y"], 3, "no --replay"),
        (["--record", "x", "--seconds", "0"], 3, "--seconds"),
        (["--record", "x", "--seconds", "ten"], 3, "ten"),
        (["--record", "x", "--interval", "inf"], 3, "--interval"),
        (["--record", "/no/such/folder/x", "--seconds", "30"], 4, "/no/such/folder/x: No such file or directory"),
        (["--record", "/", "--seconds", "30"], 4, "cannot write the recording /: Is a directory"),
    ],
)
def test_what_cannot_be_is_one_line(words: list[str], code: int, says: str):
    ended = run_exporter("gpu", *words)
    assert (ended.returncode, ended.stderr.count("\n")) == (code, 1)
    assert says in ended.stderr


def test_an_exporter_that_serves_a_recording_says_so(tmp_path: Path):
    file = tmp_path / "gpu.jsonl"
    put(file, recording(WELL))
    with start_exporter("gpu", "--replay", str(file)) as (_, port):
        text = ask(port).text
    assert 'gpu_replay{source="handmade"} 1.0\n' in text
    assert f'gpu_power_watts{{uuid="{SERVER}"}} 351.25\n' in text
    assert 'gpu_scrape_collector_success{collector="device"} 1\n' in text
