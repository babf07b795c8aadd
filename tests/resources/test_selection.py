"""Whose series are asked for, what a resource is called, and whose it is."""

from __future__ import annotations

from itertools import combinations

import msgspec
import pytest

from loadgen.catalogue.promql import selector
from loadgen.model.measured import GENERATOR_ROLE, HOST, TARGET_ROLE, Scrape
from loadgen.resources import RESOURCES, run_selector
from loadgen.resources.selection import applications, group, machine, subject
from tests.measured_plan import HOST_AT, HOSTILE, OURS, measured_plan

PLAN = measured_plan()
ELSEWHERE = Scrape(job="gateway", address="10.0.0.9:8000")
FOREIGN = measured_plan((Scrape(job=HOST, address="10.0.0.9:9100"), Scrape(job=HOST, address="10.0.0.8:9100")))


def test_what_the_run_started_is_told_by_its_run_id():
    assert selector("up", run_selector(PLAN, HOST)) == 'up{job="host",run_id="spike-20251130_120000"}'


def test_what_others_started_is_told_by_job_and_instance_and_carries_no_run_id():
    expected = r'up{job="host",run_id="",instance=~"10\\.0\\.0\\.9:9100|10\\.0\\.0\\.8:9100"}'
    assert selector("up", run_selector(FOREIGN, HOST)) == expected


def test_several_jobs_are_picked_together():
    plan = measured_plan((*OURS, ELSEWHERE))
    assert applications(plan) == ("june", "gateway")
    assert selector("up", run_selector(plan, *applications(plan))) == (
        r'up{job=~"june|gateway",run_id=~"spike\\-20251130_120000|",instance=~"127\\.0\\.0\\.1:8000|10\\.0\\.0\\.9:8000"}'
    )


def test_the_machine_of_the_runs_own_exporter_is_localhost_and_others_have_their_address():
    assert subject(PLAN, (HOST,), {"instance": HOST_AT}, ()) == "localhost"
    assert subject(FOREIGN, (HOST,), {"instance": "10.0.0.8:9100"}, ()) == "10.0.0.8:9100"


def test_the_instance_is_named_only_where_there_are_several():
    labels = {"instance": "10.0.0.8:9100", "groupname": "sim"}
    assert subject(FOREIGN, (HOST,), labels, ("groupname",)) == "sim@10.0.0.8:9100"
    assert subject(PLAN, (HOST,), labels | {"instance": HOST_AT}, ("groupname",)) == "sim"


def test_no_label_of_a_target_can_move_the_cursor():
    assert subject(PLAN, (HOST,), {"instance": HOST_AT, "pool": "a\x1b[2J\nb"}, ("pool",)) == "a�[2J�b"


@pytest.mark.parametrize(
    "rest, addresses, role",
    [
        ("http://127.0.0.1:8000", {}, TARGET_ROLE),
        ("http://localhost:8000", {}, TARGET_ROLE),
        ("http://[::1]:8000", {}, TARGET_ROLE),
        ("http://june.test:8000", {"june.test": "127.0.0.1"}, TARGET_ROLE),
        ("http://june.test:8000", {"june.test": "10.0.0.9"}, GENERATOR_ROLE),
        ("http://10.0.0.9:8000", {}, GENERATOR_ROLE),
    ],
)
def test_the_generators_machine_is_the_targets_only_where_the_target_runs_on_it(rest, addresses, role):
    target = msgspec.structs.replace(PLAN.target, rest=rest, addresses=addresses)
    assert machine(msgspec.structs.replace(PLAN, target=target), {"instance": HOST_AT}) == role


def test_a_machine_that_others_measure_is_the_targets():
    target = msgspec.structs.replace(PLAN.target, rest="http://10.0.0.9:8000")
    assert machine(msgspec.structs.replace(FOREIGN, target=target), {"instance": "10.0.0.9:9100"}) == TARGET_ROLE


def test_a_process_group_has_the_role_that_the_plan_gives_it():
    assert group(PLAN, {"groupname": "generator"}) == GENERATOR_ROLE
    assert group(PLAN, {"groupname": HOSTILE}) == TARGET_ROLE


def test_without_a_scrape_for_it_a_kind_is_not_asked_for():
    bare = measured_plan(())
    assert [kind.kind for kind in RESOURCES.values() if kind.jobs(bare)] == []
    assert all(kind.jobs(PLAN) for kind in RESOURCES.values())


def test_without_process_groups_there_is_nothing_to_ask_of_them():
    bare = measured_plan(groups=())
    assert RESOURCES["process_cpu"].use(bare) is None
    assert RESOURCES["process_descriptors"].use(bare) is None


def test_every_kind_has_its_own_file_name_title_and_words():
    for name, kind in RESOURCES.items():
        assert name == kind.kind
        assert "{subject}" in kind.title
        assert "{use}" in kind.state
    for one, other in combinations(RESOURCES.values(), 2):
        assert one.title != other.title
