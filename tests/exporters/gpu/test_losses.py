"""GPUs and drivers that are lost, over answers written by hand: which, why, and nothing old."""

from __future__ import annotations

import pytest

from exporters.core.collector import Absent
from exporters.gpu.backend import Event
from exporters.gpu.session import PATIENCE
from tests.exporters.gpu.handmade import (
    DESKTOP,
    SERVER,
    XIDS,
    Exporter,
    desktop,
    everything_says,
    machine,
    refused,
    server,
)


def about(found: dict[tuple[str, ...], float], uuid: str) -> set[str]:
    return {key[0] for key in found if uuid in key}


LOSSES = {
    "its index no longer answers": machine(aaaa="gpu_is_lost", bbbb=desktop()),
    "it still has a uuid": everything_says("gpu_is_lost", machine(aaaa=server(), bbbb=desktop()), f"({SERVER}"),
    "its name is no longer told": machine(
        aaaa=server() | {f"nvmlDeviceGetName({SERVER})": refused("gpu_is_lost")}, bbbb=desktop()
    ),
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


def test_each_of_two_gpus_that_are_lost_has_its_own_error():
    both = machine(aaaa=server(), bbbb=desktop())
    exporter = Exporter(both, machine(aaaa="reset_required", bbbb="gpu_is_lost"))
    exporter.values()
    exporter.clock.now += 1
    found = exporter.values()
    errors = {key for key in found if key[0] == "gpu_error"}
    assert errors == {("gpu_error", SERVER, "reset_required"), ("gpu_error", DESKTOP, "gpu_is_lost")}


def test_a_gpu_whose_index_is_anothers_now_has_none_of_its_errors():
    """The first is lost and the second moves to its place; then that is lost as well."""
    steps = [machine(aaaa=server(), bbbb=desktop()), machine(bbbb=desktop()), machine(bbbb="gpu_is_lost")]
    exporter = Exporter(*steps)
    seen = []
    for _ in steps:
        seen.append({key[1:] for key in exporter.values() if key[0] == "gpu_error"})
        exporter.clock.now += 1
    assert seen[1:] == [{(SERVER, "gpu_not_found")}, {(SERVER, "gpu_not_found"), (DESKTOP, "gpu_is_lost")}]


def test_an_error_at_an_index_where_nobody_was_is_nobodys_for_certain():
    exporter = Exporter(machine(aaaa=server(), bbbb=desktop()), machine(bbbb=desktop(), zzzz="gpu_is_lost"))
    exporter.values()
    exporter.clock.now += 1
    found = exporter.values()
    assert {key[1:] for key in found if key[0] == "gpu_error"} == {(SERVER, "unknown"), ("", "gpu_is_lost")}


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
