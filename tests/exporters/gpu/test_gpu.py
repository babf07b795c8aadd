"""The GPU collectors over answers written by hand: units, what a device does not tell, and devices that are lost."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from exporters.core.collector import NO_DEVICE, NO_DRIVER, Absent
from exporters.gpu.backend import Event, NvmlFault
from exporters.gpu.session import PATIENCE
from tests.exporters.gpu.handmade import (
    DESKTOP,
    SERVER,
    Exporter,
    desktop,
    everything_says,
    machine,
    refused,
    server,
    split,
)

FOLDER = Path(__file__).parent
DOCS = FOLDER.parents[2] / "docs/exporters.md"

ALL = machine(aaaa=server(), bbbb=desktop(), cccc=split(), dddd="gpu_is_lost")
XIDS = [Event(SERVER, 13), Event(SERVER, 31), Event(SERVER, 13)]

NAMES = ("device", "errors", "links", "processes")


@pytest.mark.parametrize("name", NAMES)
def test_the_text_is_the_golden_one(name: str):
    """Dashboards and rules build on this text. After a wanted change: UPDATE_GOLDEN=1 pytest tests/exporters."""
    golden, shown = FOLDER / "golden" / f"{name}.txt", Exporter((ALL, XIDS)).text(name)
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(shown)
    assert shown == golden.read_text()


def test_every_collector_has_a_golden_text():
    assert set(Exporter(ALL).collectors) == {path.stem for path in (FOLDER / "golden").glob("*.txt")} == set(NAMES)


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


def test_every_value_that_is_refused_is_left_out_and_none_is_0():
    told = server()
    for key in told:
        exporter = Exporter(machine(aaaa=told | {key: refused("not_supported")}))
        before = {name: set(Exporter(machine(aaaa=told)).values(name)) for name in NAMES}
        for name in NAMES:
            found = exporter.values(name)
            assert {k for k in found if k[0] not in ("gpu_metric_missing", "gpu_info")} <= before[name]


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


def test_processes_of_an_instance_are_not_counted_again_for_its_gpu():
    found = Exporter(machine(cccc=split())).values("processes")
    assert {key[1] for key in found} == {"MIG-dddd"}
    assert found["gpu_processes", "MIG-dddd", "compute"] == 1


def test_a_process_shows_its_program_without_arguments_and_no_memory_that_is_not_known():
    found = Exporter(machine(aaaa=server())).values("processes")
    memory = {key[1:]: value for key, value in found.items() if key[0] == "gpu_process_memory_bytes"}
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


def about(found: dict[tuple[str, ...], float], uuid: str) -> set[str]:
    return {key[0] for key in found if uuid in key}


LOSSES = {
    "its index no longer answers": machine(aaaa="gpu_is_lost", bbbb=desktop()),
    "it still has a uuid": everything_says("gpu_is_lost", machine(aaaa=server(), bbbb=desktop()), f"({SERVER}"),
    "one answer says so": machine(
        aaaa=server() | {f"nvmlDeviceGetFieldValues({SERVER}, 82, 0)": refused("gpu_is_lost")}, bbbb=desktop()
    ),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_a_gpu_that_is_lost_says_so_shows_nothing_old_and_leaves_the_others_alone(loss: dict[str, object]):
    well = machine(aaaa=server(), bbbb=desktop())
    exporter = Exporter(well, loss, well)
    assert exporter.values()["gpu_up", SERVER] == 1
    exporter.clock.now += 1
    found = exporter.values()
    assert found["gpu_up", SERVER] == 0
    assert found["gpu_error", SERVER, "gpu_is_lost"] == 1
    assert about(found, SERVER) == {"gpu_up", "gpu_error"}
    assert found["gpu_up", DESKTOP] == 1
    assert found["gpu_temperature_celsius", DESKTOP] == 38
    exporter.clock.now += 1
    back = exporter.values()
    assert back["gpu_up", SERVER] == 1
    assert back["gpu_power_watts", SERVER] == 351.25
    assert "gpu_error" not in about(back, SERVER)


@pytest.mark.parametrize("name", ["links", "processes"])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_of_a_gpu_that_is_lost_no_other_collector_shows_a_value(name: str, loss: dict[str, object]):
    lost = everything_says("gpu_is_lost", loss, f"({SERVER}")
    exporter = Exporter(machine(aaaa=server(), bbbb=desktop()), lost)
    exporter.values(name)
    exporter.clock.now += 1
    assert about(exporter.values(name), SERVER) == set()


def test_the_error_with_which_a_gpu_was_lost_is_counted():
    well = machine(aaaa=server())
    exporter = Exporter(well, (machine(aaaa="gpu_is_lost"), [Event(SERVER, 79)]))
    exporter.values("errors")
    exporter.clock.now += 1
    found = exporter.values("errors")
    assert found["gpu_xid_errors_by_code_total", SERVER, "79"] == 1
    assert ("gpu_ecc_enabled", SERVER) not in found


def test_a_gpu_that_answers_everything_with_unknown_is_down():
    """So it is in a container that was cut off from the device."""
    unknown = everything_says("unknown", machine(aaaa=server()), f"({SERVER}")
    exporter = Exporter(machine(aaaa=server()), unknown)
    exporter.values()
    exporter.clock.now += 1
    found = exporter.values()
    assert found["gpu_error", SERVER, "unknown"] == 1
    assert about(found, SERVER) == {"gpu_up", "gpu_error"}


def test_a_gpu_that_never_told_its_uuid_is_an_error_without_one():
    found = Exporter(machine(aaaa="gpu_is_lost", bbbb=desktop())).values()
    assert found["gpu_error", "", "gpu_is_lost"] == 1
    assert {key[1] for key in found if key[0] == "gpu_up"} == {DESKTOP}


@pytest.mark.parametrize("error", ["uninitialized", "driver_not_loaded", "lib_rm_version_mismatch"])
def test_when_the_driver_goes_its_gpus_are_down_and_come_back_with_it(error: str):
    well = machine(aaaa=server())
    gone = {"nvmlInit()": refused("driver_not_loaded"), "nvmlDeviceGetCount()": refused(error)}
    exporter = Exporter(well, gone, gone, gone, gone, gone, well, well)
    assert exporter.values()["gpu_up", SERVER] == 1
    exporter.clock.now += 1
    assert exporter.values() == {("gpu_up", SERVER): 0, ("gpu_error", SERVER, error): 1}
    exporter.clock.now += 1
    assert exporter.values()["gpu_error", SERVER, error] == 1, "it is not asked again at once"
    exporter.clock.now += 5
    assert exporter.values()["gpu_up", SERVER] == 1


def test_a_new_session_listens_for_errors_again():
    well = machine(aaaa=server())
    gone = {"nvmlDeviceGetCount()": refused("uninitialized")}
    exporter = Exporter(well, gone, well, (well, XIDS), well)
    total = ("gpu_xid_errors_total", SERVER)
    exporter.values("errors")
    exporter.clock.now += 1
    exporter.values("errors")
    exporter.clock.now += PATIENCE[0] + 0.5
    assert exporter.values("errors")[total] >= 3


def test_a_driver_that_stays_away_is_looked_for_ever_more_seldom():
    exporter = Exporter({"nvmlInit()": refused("driver_not_loaded")})
    tries = []
    for _ in range(200):
        before = exporter.session.generation
        with pytest.raises(Absent):
            exporter.values()
        if exporter.session.generation > before:
            tries.append(exporter.clock.now - 1000)
        exporter.clock.now += 1
    assert tries == [0, 5, 15, 35, 75, 135, 195]
