"""The GPU collectors over answers written by hand: units, and what a device does not tell."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from exporters.core.collector import NO_DEVICE, NO_DRIVER, Absent
from exporters.gpu.backend import NvmlFault
from tests.exporters.gpu.handmade import (
    DESKTOP,
    SERVER,
    SPLIT,
    XIDS,
    Exporter,
    desktop,
    machine,
    refused,
    server,
    split,
)

FOLDER = Path(__file__).parent
DOCS = FOLDER.parents[2] / "docs/exporters.md"

ALL = machine(aaaa=server(), bbbb=desktop(), cccc=split(), dddd="gpu_is_lost")

NAMES = ("device", "errors", "links", "processes")

MEMORY_OF_SPLIT = ("gpu_process_memory_bytes", SPLIT, "compute")


@pytest.mark.parametrize("name", [*NAMES, "replay"])
def test_the_text_is_the_golden_one(name: str):
    """Dashboards and rules build on this text. After a wanted change: UPDATE_GOLDEN=1 pytest tests/exporters."""
    golden, shown = FOLDER / "golden" / f"{name}.txt", Exporter((ALL, XIDS)).text(name)
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(shown)
    assert shown == golden.read_text()


def test_every_collector_has_a_golden_text():
    golden = {path.stem for path in (FOLDER / "golden").glob("*.txt")}
    assert set(Exporter(ALL).collectors) == golden == {*NAMES, "replay"}


def test_every_metric_stands_in_the_docs_with_its_name_in_dcgm():
    shown = {
        line.split()[2]
        for golden in (FOLDER / "golden").glob("*.txt")
        for line in golden.read_text().splitlines()
        if line.startswith("# TYPE")
    }
    rows = re.findall(r"^\| `(gpu_\w+)[^|]*\|[^|]*\| (`DCGM_FI_\w+`[^|]*|–[^|]*)\|", DOCS.read_text(), re.MULTILINE)
    assert shown == {name for name, _ in rows}


@pytest.mark.parametrize(
    "metric, expected",
    [
        (("gpu_utilization_ratio", SERVER), 0.97),
        (("gpu_memory_copy_utilization_ratio", SERVER), 0.41),
        (("gpu_encoder_utilization_ratio", SERVER), 0.03),
        (("gpu_memory_used_bytes", SERVER), 60 * 2**30),
        (("gpu_power_watts", SERVER), 351.25),
        (("gpu_energy_joules_total", SERVER), 12345.678),
        (("gpu_clock_hertz", SERVER, "memory"), 2.619e9),
        (("gpu_temperature_celsius", SERVER), 64),
        (("gpu_throttle_reason", SERVER, "sw_power_cap"), 1),
        (("gpu_throttle_reason", SERVER, "sw_thermal_slowdown"), 1),
        (("gpu_throttle_reason", SERVER, "hw_slowdown"), 0),
        (("gpu_throttle_reason", DESKTOP, "gpu_idle"), 1),
        (("gpu_memory_used_bytes", DESKTOP), 2**30),
        (("gpu_utilization_ratio", DESKTOP), 0),
    ],
)
def test_values_are_in_base_units(metric: tuple[str, ...], expected: float):
    assert Exporter(ALL).values()[metric] == pytest.approx(expected)


def test_traffic_is_in_bytes():
    found = Exporter(ALL).values("links")
    assert found["gpu_pcie_throughput_bytes_per_second", SERVER, "transmitted"] == 1_500_000
    assert found["gpu_nvlink_transmitted_bytes_total", SERVER, "0"] == 2048 * 1024
    assert found["gpu_nvlink_up", SERVER, "1"] == 0
    assert ("gpu_nvlink_transmitted_bytes_total", SERVER, "1") not in found, "a link that is down carries nothing"


def test_a_newer_nvlink_tells_its_bytes_by_another_number():
    answers = machine(
        aaaa=server()
        | {
            f"nvmlDeviceGetFieldValues({SERVER}, 138, 0)": refused("not_supported"),
            f"nvmlDeviceGetFieldValues({SERVER}, 202, 0)": 77,
        }
    )
    assert Exporter(answers).values("links")["gpu_nvlink_transmitted_bytes_total", SERVER, "0"] == 77


@pytest.mark.parametrize(
    "error", ["not_supported", "no_permission", "unknown", "timeout", "no_data", "function_not_found", "not_recorded"]
)
def test_a_value_that_is_refused_is_left_out_and_named_and_the_others_stay(error: str):
    found = Exporter(machine(aaaa=server() | {f"nvmlDeviceGetPowerUsage({SERVER})": refused(error)})).values()
    assert ("gpu_power_watts", SERVER) not in found
    assert found["gpu_metric_missing", SERVER, "gpu_power_watts", "", error] == 1
    assert found["gpu_utilization_ratio", SERVER] == 0.97
    assert found["gpu_up", SERVER] == 1


NO_VALUES = re.compile(r"nvmlDeviceGet(Name|PciInfo|MigMode)\(|nvmlDeviceGetNvLinkState\(.*, 2\)")
"""Questions whose answers are words, or what else there is to be asked: without them no sample is missing."""

VALUES = [key for key in server() if not NO_VALUES.match(key)]


@pytest.mark.parametrize("error", ["not_supported", "timeout"])
@pytest.mark.parametrize("key", VALUES)
def test_a_value_that_is_refused_takes_its_samples_along_and_changes_no_other(key: str, error: str):
    def values(told: dict[str, object]) -> dict[tuple[str, ...], float]:
        exporter = Exporter(machine(aaaa=told))
        return {sample: value for name in NAMES for sample, value in exporter.values(name).items()}

    before, found = values(server()), values(server() | {key: refused(error)})
    left = {sample: value for sample, value in found.items() if sample[0] != "gpu_metric_missing"}
    gone = {sample[0] for sample in before.keys() - left.keys()}
    assert gone
    assert left == {sample: value for sample, value in before.items() if sample in left}
    named = {sample[2] for sample in found if sample[0] == "gpu_metric_missing"}
    if not (key.startswith("nvmlDeviceGetNvLinkState") and error == "not_supported"):
        assert named & gone, "what is refused is named; only a link that does not exist is not missed"


def test_a_device_with_all_its_values_is_missing_none():
    found = Exporter(machine(aaaa=server()))
    assert not [key for name in NAMES for key in found.values(name) if key[0] == "gpu_metric_missing"]


def test_under_mig_utilisation_is_missing_and_an_instance_has_memory_and_a_uuid_of_its_own():
    found = Exporter(machine(cccc=split())).values()
    assert found["gpu_metric_missing", "GPU-cccc", "gpu_utilization_ratio", "", "not_supported"] == 1
    assert found["gpu_memory_used_bytes", "MIG-dddd"] == 2 * 2**30
    (info,) = [key for key in found if key[0] == "gpu_info" and key[1] == "MIG-dddd"]
    assert info[2:] == ("Handmade Server GPU MIG 1g.10gb", "1", "00000000:3B:00.0", "999.99.99", "GPU-cccc", "7", "0")
    assert ("gpu_power_watts", "MIG-dddd") not in found, "that is the whole GPU's"


def test_a_link_that_errs_is_missing_and_those_after_it_are_shown():
    links = {f"nvmlDeviceGetNvLinkState({SERVER}, {link})": 1 for link in (0, 2, 3)}
    traffic = {f"nvmlDeviceGetFieldValues({SERVER}, 138, {link})": 2048 for link in range(4)}
    answers = machine(
        aaaa=server()
        | links
        | traffic
        | {
            f"nvmlDeviceGetNvLinkState({SERVER}, 1)": refused("unknown"),
            f"nvmlDeviceGetNvLinkState({SERVER}, 4)": refused("invalid_argument"),
        }
    )
    found = Exporter(answers).values("links")
    assert {key[2] for key in found if key[0] == "gpu_nvlink_up"} == {"0", "2", "3"}
    assert {key[2] for key in found if key[0] == "gpu_nvlink_transmitted_bytes_total"} == {"0", "2", "3"}
    assert [key[3:] for key in found if key[:3] == ("gpu_metric_missing", SERVER, "gpu_nvlink_up")] == [
        ("1", "unknown")
    ], "a link that does not exist is not missing"


def test_a_gpu_without_nvlinks_says_so_once():
    found = Exporter(machine(bbbb=desktop())).values("links")
    assert [key[3:] for key in found if key[2] == "gpu_nvlink_up"] == [("0", "not_supported")]


PLACES = {
    "an instance": ({f"nvmlDeviceGetUUID({SPLIT}/0)": "unknown"}, "mig 0", 1),
    "their number": ({f"nvmlDeviceGetMaxMigDeviceCount({SPLIT})": "no_permission"}, "mig", 0),
    "whether there are any": ({f"nvmlDeviceGetMigMode({SPLIT})": "timeout"}, "mig", 0),
    "an empty place": ({f"nvmlDeviceGetUUID({SPLIT}/0)": "invalid_argument"}, None, 1),
    "whether there are any, on a device that has none": ({f"nvmlDeviceGetMigMode({SPLIT})": "not_supported"}, None, 0),
}


@pytest.mark.parametrize("answers, named, instances", PLACES.values(), ids=PLACES)
def test_what_cannot_be_told_of_instances_is_named_and_an_empty_place_is_not(
    answers: dict[str, str], named: str | None, instances: int
):
    refusals = {key: refused(error) for key, error in answers.items()}
    found = Exporter(machine(cccc=split() | refusals)).values()
    missing = [key[3:] for key in found if key[0] == "gpu_metric_missing" and key[2] == "gpu_info"]
    assert missing == ([(named, *answers.values())] if named else [])
    assert len({key[1] for key in found if key[1].startswith("MIG-")}) == instances


def test_processes_of_instances_that_cannot_be_told_apart_are_summed_by_process():
    """A process in two instances is listed twice by the whole GPU."""
    answers = split() | {
        f"nvmlDeviceGetMaxMigDeviceCount({SPLIT})": refused("no_permission"),
        f"nvmlDeviceGetComputeRunningProcesses_v3({SPLIT})": [
            {"pid": 4711, "usedGpuMemory": 2**30, "gpuInstanceId": 1},
            {"pid": 4711, "usedGpuMemory": 2**31, "gpuInstanceId": 2},
            {"pid": 990, "usedGpuMemory": 2**20, "gpuInstanceId": 1},
            {"pid": 990, "usedGpuMemory": None, "gpuInstanceId": 2},
        ],
    }
    exporter = Exporter(machine(cccc=answers))
    found = exporter.values("processes")
    compute = {key[3]: value for key, value in found.items() if key[:3] == MEMORY_OF_SPLIT}
    assert compute == {"4711": 2**30 + 2**31}, "of the other a part is not known"
    assert found["gpu_processes", SPLIT, "compute"] == 2
    lines = [line for line in exporter.text("processes").splitlines() if not line.startswith("#")]
    series = [line.rpartition(" ")[0] for line in lines]
    assert len(series) == len(set(series))


def test_clients_of_the_multi_process_service_are_processes_of_their_own_kind():
    found = Exporter(machine(aaaa=server())).values("processes")
    assert found["gpu_processes", SERVER, "mps"] == 1
    assert found["gpu_process_memory_bytes", SERVER, "mps", "4713", "worker"] == 100 * 2**20


def test_processes_of_an_instance_are_not_counted_again_for_its_gpu():
    found = Exporter(machine(cccc=split())).values("processes")
    assert {key[1] for key in found} == {"MIG-dddd"}
    assert found["gpu_processes", "MIG-dddd", "compute"] == 1


def test_a_process_shows_its_program_without_arguments_and_no_memory_that_is_not_known():
    found = Exporter(machine(aaaa=server())).values("processes")
    memory = {
        key[1:]: value for key, value in found.items() if key[:3] == ("gpu_process_memory_bytes", SERVER, "compute")
    }
    assert memory == {(SERVER, "compute", "4711", "python3.11"): 59 * 2**30}
    assert found["gpu_processes", SERVER, "compute"] == 2


def test_xid_errors_are_counted_from_0_since_the_exporter_listens():
    quiet = machine(aaaa=server())
    exporter = Exporter(quiet, (quiet, XIDS), quiet)
    total = ("gpu_xid_errors_total", SERVER)
    assert exporter.values("errors")[total] == 0
    exporter.clock.now += 1
    found = exporter.values("errors")
    assert found[total] == 3
    assert found["gpu_xid_errors_by_code_total", SERVER, "13"] == 2
    exporter.clock.now += 1
    assert exporter.values("errors")[total] == 3


def test_a_gpu_that_cannot_be_listened_to_shows_no_count():
    found = Exporter(machine(bbbb=desktop())).values("errors")
    assert found["gpu_metric_missing", DESKTOP, "gpu_xid_errors_total", "", "not_supported"] == 1
    assert ("gpu_xid_errors_total", DESKTOP) not in found


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("error", ["library_not_found", "driver_not_loaded"])
def test_without_a_driver_every_collector_is_absent(name: str, error: str):
    with pytest.raises(Absent) as absent:
        Exporter({"nvmlInit()": refused(error)}).values(name)
    assert absent.value.reason == NO_DRIVER
    assert error in str(absent.value)


def test_a_driver_that_refuses_is_a_failure_and_not_absent():
    with pytest.raises(NvmlFault, match="lib_rm_version_mismatch"):
        Exporter({"nvmlInit()": refused("lib_rm_version_mismatch")}).values()


@pytest.mark.parametrize("name", NAMES)
def test_without_a_gpu_every_collector_is_absent(name: str):
    with pytest.raises(Absent) as absent:
        Exporter(machine()).values(name)
    assert absent.value.reason == NO_DEVICE
