"""The binding to NVML: without a driver, and over a library written by hand, since there is no device to be had."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from exporters.gpu.recording import load
from tests.exporter_process import ask, start_exporter
from tests.waiting import wait_until

SOURCE = Path(__file__).with_name("handmade_nvml.c")
UUID = 'uuid="GPU-in-c"'


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a libnvidia-ml.so.1 that was compiled here."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    folder = tmp_path_factory.mktemp("nvml")
    target = str(folder / "libnvidia-ml.so.1")
    subprocess.run([compiler, "-shared", "-fPIC", "-w", "-o", target, str(SOURCE)], check=True)
    return folder


class Machine:
    """A machine with this library, and the state its GPU is in."""

    def __init__(self, library: Path, folder: Path) -> None:
        self._state = folder / "state"
        self.env = {**os.environ, "LD_LIBRARY_PATH": str(library), "HANDMADE_NVML": str(self._state)}
        self.turn("ok")

    def turn(self, state: str) -> None:
        self._state.write_text(state)

    def asked(self) -> int:
        """How many times the library was asked for the power."""
        file = self._state.with_suffix(".asked")
        return file.stat().st_size if file.exists() else 0


@pytest.fixture
def machine(library: Path, tmp_path: Path) -> Machine:
    return Machine(library, tmp_path)


def test_without_a_driver_the_exporter_stays_up_and_says_so(tmp_path: Path):
    with start_exporter("gpu", env={**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}) as (_, port):
        for _ in range(2):
            text = ask(port).text
            if "gpu_up" in text:
                pytest.skip("this machine has a GPU")
            assert 'gpu_scrape_collector_success{collector="device"} 1\n' in text
            assert 'gpu_scrape_collector_absent{collector="device",reason="no_driver"} 1\n' in text
            assert "gpu_utilization_ratio" not in text


def test_what_the_library_answers_is_shown(machine: Machine):
    with start_exporter("gpu", env=machine.env) as (_, port):
        text = ask(port).text
    for line in (
        f"gpu_up{{{UUID}}} 1.0",
        f"gpu_utilization_ratio{{{UUID}}} 0.97",
        f"gpu_memory_used_bytes{{{UUID}}} 60.0",
        f"gpu_memory_reserved_bytes{{{UUID}}} 1.0",
        f"gpu_power_watts{{{UUID}}} 123.45",
        f"gpu_energy_joules_total{{{UUID}}} 5000000.0",
        f"gpu_memory_temperature_celsius{{{UUID}}} 71.0",
        f'gpu_metric_missing{{{UUID},metric="gpu_power_limit_watts",of="",error="not_supported"}} 1.0',
        f'gpu_metric_missing{{{UUID},metric="gpu_temperature_celsius",of="",error="function_not_found"}} 1.0',
        f'gpu_processes{{{UUID},type="compute"}} 2.0',
        f'gpu_processes{{{UUID},type="graphics"}} 0.0',
        f'gpu_process_memory_bytes{{{UUID},type="compute",pid="4711",process=""}} 59.0',
        f"gpu_xid_errors_total{{{UUID}}} 0.0",
    ):
        assert f"{line}\n" in text
    assert 'pid="4712"' not in text, "its memory is not known"
    assert 'name="Handmade in C"' in text


def test_a_gpu_that_is_lost_is_down_and_comes_back(machine: Machine):
    with start_exporter("gpu", env=machine.env) as (_, port):
        assert f"gpu_up{{{UUID}}} 1.0\n" in ask(port).text
        machine.turn("lost")
        text = ask(port).text
        assert f"gpu_up{{{UUID}}} 0.0\n" in text
        assert f'gpu_error{{{UUID},error="gpu_is_lost"}} 1.0\n' in text
        assert "gpu_power_watts" not in text
        machine.turn("ok")
        assert f"gpu_power_watts{{{UUID}}} 123.45\n" in ask(port).text


def test_a_driver_that_goes_takes_its_gpus_along(machine: Machine):
    with start_exporter("gpu", env=machine.env) as (process, port):
        ask(port)
        machine.turn("gone")
        text = ask(port).text
        assert f"gpu_up{{{UUID}}} 0.0\n" in text
        assert "gpu_power_watts" not in text
        process.terminate()
        assert process.wait(timeout=5) == 0


def test_an_xid_error_is_counted_once_by_its_number(machine: Machine):
    with start_exporter("gpu", env=machine.env) as (_, port):
        assert f"gpu_xid_errors_total{{{UUID}}} 0.0\n" in ask(port).text
        machine.turn("79")
        for _ in range(2):
            assert f'gpu_xid_errors_by_code_total{{{UUID},xid="79"}} 1.0\n' in ask(port).text


def test_a_recording_holds_the_raw_answers_and_can_be_served(machine: Machine, tmp_path: Path):
    file = tmp_path / "gpu.jsonl"
    command = [sys.executable, "-m", "exporters", "gpu", "--record", str(file), "--seconds", "0.2", "--interval", "0.1"]
    subprocess.run(command, env=machine.env, check=True)
    found = load(file)
    assert len(found.moments) == 2
    assert found.moments[1].answers["nvmlDeviceGetPowerUsage(GPU-in-c)"] == 123450
    assert found.moments[1].answers["nvmlDeviceGetEnforcedPowerLimit(GPU-in-c)"] == {"error": "not_supported"}
    with start_exporter("gpu", "--replay", str(file)) as (_, port):
        assert f"gpu_power_watts{{{UUID}}} 123.45\n" in ask(port).text


def recording_for_ever(machine: Machine, file: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "exporters", "gpu", "--record", str(file), "--seconds", "inf", "--interval"]
    return subprocess.Popen([*command, "0.02"], env=machine.env, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_recording_that_is_stopped_holds_what_there_is_and_says_so(
    machine: Machine, tmp_path: Path, number: signal.Signals
):
    file = tmp_path / "gpu.jsonl"
    with recording_for_ever(machine, file) as process:
        wait_until(lambda: machine.asked() > 1, 20, "the second moment to begin")
        process.send_signal(number)
        _, said = process.communicate(timeout=20)
    found = load(file)
    assert (process.returncode, said) == (
        0,
        f"gpu: stopped; {file} holds the {len(found.moments)} moments until then\n",
    )
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith("state")] == ["gpu.jsonl"]


def test_a_recording_that_cannot_be_put_in_its_place_leaves_nothing(machine: Machine, tmp_path: Path):
    """Its place becomes a folder meanwhile."""
    file = tmp_path / "gpu.jsonl"
    with recording_for_ever(machine, file) as process:
        wait_until(lambda: machine.asked() > 1, 20, "the second moment to begin")
        file.mkdir()
        process.terminate()
        _, said = process.communicate(timeout=20)
    assert process.returncode == 4
    assert f"cannot write the recording {file}: Is a directory" in said
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("state")) == ["gpu.jsonl"]
