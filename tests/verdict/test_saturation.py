"""Which resource gave way first, said in a sentence that claims no more than was measured."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from loadgen.model.evidence import Evidence
from loadgen.model.measured import GENERATOR_ROLE, Saturation
from loadgen.model.verdict import Verdict
from loadgen.storage import load, save
from loadgen.verdict import judge, summary
from loadgen.verdict.saturation import saturation
from tests.plans import errors, example_plan, latency
from tests.runs import evidence, record, tally
from tests.uses import in_phase, use

PLAN = example_plan(criteria=(latency(), errors()))
"""Phases: warmup 0–5, steady 5–60, spike 60–180, recovery 180–300; a scrape a second, so rates are over four."""
GOOD = (tally(PLAN, 1000),)

SLOTS = use("service_slots", "llm", 62.0, 1.0, left=118.0)
POOL = use("pgbouncer_pool", "june/june/june", 70.0, 1.0)
CPU = use("process_cpu", "sim", 80.0, 0.97)
IDLE = use("host_cpu", "localhost")


def told(*uses, **seen) -> Saturation:
    found = saturation(PLAN, record(PLAN, GOOD), evidence(PLAN, GOOD, resources=uses, **seen))
    assert found is not None
    return found


def test_what_gave_way_first_is_named_with_use_time_and_phase():
    found = told(IDLE, CPU, POOL, SLOTS)
    assert found.sentence == (
        "Service slots of llm gave way first: all in use with calls waiting, from 1:02 (spike) to 1:58. "
        "Next, 8 s later: PgBouncer pool june/june/june, all of its server connections in use with clients waiting, "
        "from 1:10 (spike) to the end of the load, and after that 1 more."
    )
    assert found == Saturation(
        sentence=found.sentence,
        first="service_slots:llm",
        at=62.0,
        phase="spike",
        value=1.0,
        limit=1.0,
        unit="ratio",
    )


def test_when_nothing_else_gave_way_the_sentence_says_so():
    assert told(IDLE, CPU).sentence == (
        "CPU of the processes sim gave way first: 97% of what they can use, limit 90%, from 1:20 (spike) "
        "to the end of the load. Nothing else reached its limit and stayed."
    )


@pytest.mark.parametrize("other, apart", [(71.0, False), (71.5, True)])
def test_two_gauges_within_a_scrape_gave_way_at_about_the_same_time(other, apart):
    found = told(POOL, use("service_slots", "llm", other, 1.0))
    assert ("at about the same time" not in found.sentence) is apart
    assert found.first == POOL.id


@pytest.mark.parametrize("other, apart", [(74.0, False), (74.5, True)])
def test_a_rate_is_known_to_its_window_only(other, apart):
    found = told(POOL, use("process_cpu", "sim", other, 0.97))
    assert ("at about the same time" not in found.sentence) is apart


def test_those_at_about_the_same_time_are_all_named_with_what_came_next():
    found = told(use("service_slots", "stt", 62.0, 1.0), SLOTS, POOL)
    assert found.sentence.startswith(
        "Service slots of stt and service slots of llm gave way first, at about the same time: service slots of stt, "
    )
    assert "Next, 8 s later: PgBouncer pool june/june/june" in found.sentence


def test_a_rate_that_rose_with_the_spike_is_of_the_spike_though_its_window_began_before():
    assert told(use("process_cpu", "sim", 58.5, 0.97)).phase == "spike"
    assert told(use("service_slots", "llm", 58.5, 1.0)).phase == "steady"


def test_the_generators_own_resources_never_gave_way_first_but_are_named():
    own = use("process_cpu", "generator", 61.0, 0.99, role=GENERATOR_ROLE)
    found = told(own, POOL)
    assert found.first == POOL.id
    assert "The load generator's own CPU of the processes generator came to the limit too, at 1:01" in found.sentence
    assert told(own, IDLE).first is None
    assert "the processes generator" in told(own, IDLE).sentence


def test_what_was_at_its_limit_before_the_load_did_not_give_way_under_it():
    hot = use("host_memory", "localhost", already=-4.0, phases=(in_phase("spike", 0.95, 0.95, 1.0),))
    found = told(hot, SLOTS)
    assert found.first == SLOTS.id
    assert "Memory of host localhost was at the limit already before the load began." in found.sentence
    assert told(hot).first is None
    assert told(hot).sentence.startswith("Under the load no resource reached its limit and stayed there.")


def test_what_left_its_limit_after_the_load_began_and_came_back_gave_way_and_both_is_said():
    found = told(use("process_cpu", "sim", 62.0, 0.97, already=-8.0, already_left=7.0), IDLE)
    assert (found.first, found.at) == ("process_cpu:sim", 62.0)
    assert found.sentence.startswith("CPU of the processes sim gave way first: 97% of what they can use")
    assert "CPU of the processes sim was at the limit already before the load began, until 0:07." in found.sentence


def test_what_was_at_its_limit_when_it_was_first_seen_is_named_but_never_first():
    full = use("service_slots", "stt", already=1.0, phases=(in_phase("spike", 1.0, 1.0, 1.0),))
    doubt = (
        "Service slots of stt was at the limit when it was first seen (0:01); whether the load brought it there is "
        "not known."
    )
    found = told(full, POOL)
    assert found.first == POOL.id
    assert doubt in found.sentence
    alone = told(full, IDLE)
    assert alone.first is None
    assert alone.sentence.startswith("Under the load no resource was seen to reach its limit and stay there.")
    assert "Closest: CPU of host localhost" in alone.sentence
    assert doubt in alone.sentence


def test_what_came_to_its_limit_at_the_very_end_is_named_but_did_not_give_way():
    found = told(IDLE, use("service_slots", "llm", at_end=296.0))
    assert found.first is None
    assert "Service slots of llm came to the limit at the very end (4:56), too late to tell" in found.sentence


def test_when_nothing_gave_way_the_two_that_came_closest_are_named():
    near = use("host_memory", "localhost", phases=(in_phase("steady", 0.5, 0.6), in_phase("spike", 0.7, 0.81)))
    full = use("application_pool", "main", phases=(in_phase("spike", 0.9, 1.0),))
    assert told(CPU_LOW, near, full).sentence == (
        "Under the load no resource reached its limit and stayed there. Closest: connection pool main, in spike all "
        "in use for a moment, but with nobody waiting; memory of host localhost, at most 81% of 90% in spike."
    )


@pytest.mark.parametrize(
    "at_limit, words",
    [
        (None, "all in use, and whether anybody waited was not measured."),
        (0.0, "all in use for a moment, but with nobody waiting."),
        (0.25, "at its limit for 25% of spike."),
    ],
)
def test_of_a_full_pool_no_more_is_claimed_than_is_known_of_those_who_waited(at_limit, words):
    pool = use("application_pool", "main", phases=(in_phase("spike", 1.0, 1.0, at_limit),))
    assert told(pool).sentence.partition("Closest: ")[2].endswith(words)


CPU_LOW = use("process_cpu", "sim")


def test_who_was_at_its_limit_for_moments_only_is_said_to_have_been():
    flickering = use("service_slots", "llm", phases=(in_phase("spike", 0.9, 1.0, 0.3),))
    assert "service slots of llm, at its limit for 30% of spike" in told(flickering).sentence


def test_degrees_are_degrees():
    found = told(use("gpu_temperature", "GPU-1", 100.0, 88.0))
    assert "Temperature of GPU GPU-1 gave way first: 88 °C, limit 85 °C, from 1:40" in found.sentence


MISSING = "host at 127.0.0.1:9611 was not scraped from 0:40 to 0:50."


def test_first_is_only_among_what_was_measured():
    gap = {"unmeasured": (MISSING,), "unmeasured_from": 40.0}
    assert told(SLOTS, **gap).sentence.endswith(
        f"Not all was measured, so that is the first only of what was. {MISSING}"
    )
    assert told(IDLE, **gap).sentence.endswith(f"Not all was measured, so this holds only of what was. {MISSING}")


def test_a_gap_after_that_moment_changes_nothing():
    assert "measured" not in told(SLOTS, unmeasured=(MISSING,), unmeasured_from=62.0).sentence
    assert "measured" not in told(SLOTS, unmeasured=(MISSING,), unmeasured_from=None).sentence


def test_when_nothing_was_measured_nothing_is_claimed():
    found = told(use("host_cpu", "localhost", phases=()), unmeasured=(MISSING,), unmeasured_from=0.0)
    assert found == Saturation(sentence=f"Which resource gave way is not known, for none was measured. {MISSING}")
    assert told(unmeasured=(MISSING,), unmeasured_from=0.0) == found


def test_a_run_that_sent_no_load_or_measured_no_resource_has_no_sentence():
    unsent = record(PLAN, started=None, outcome="environment")
    assert saturation(PLAN, unsent, evidence(PLAN, resources=(SLOTS,))) is None
    assert saturation(PLAN, record(PLAN, GOOD), evidence(PLAN, GOOD)) is None


def test_the_sentence_is_in_the_verdict_and_survives_its_file(tmp_path: Path):
    verdict = judge(PLAN, record(PLAN, GOOD), evidence(PLAN, GOOD, resources=(SLOTS, IDLE)))
    assert verdict.saturation is not None
    assert verdict.saturation.first == "service_slots:llm"
    save(tmp_path / "verdict.json", verdict)
    assert load(tmp_path / "verdict.json", Verdict) == verdict


def test_resources_decide_nothing():
    bare = judge(PLAN, record(PLAN, GOOD), evidence(PLAN, GOOD))
    full = judge(PLAN, record(PLAN, GOOD), evidence(PLAN, GOOD, resources=(SLOTS,), unmeasured=(MISSING,)))
    assert msgspec.structs.replace(full, saturation=None) == bare


def test_evidence_from_before_there_were_resources_is_still_judged():
    fields = msgspec.to_builtins(evidence(PLAN, GOOD))
    old = {name: value for name, value in fields.items() if name not in {"resources", "unmeasured", "unmeasured_from"}}
    seen = msgspec.convert(old, Evidence)
    verdict = judge(PLAN, record(PLAN, GOOD), seen)
    assert verdict.saturation is None
    assert "Resources" not in summary(PLAN, seen, verdict)


def block(*uses, **seen) -> list[str]:
    found = evidence(PLAN, GOOD, resources=uses, **seen)
    lines = summary(PLAN, found, judge(PLAN, record(PLAN, GOOD), found)).splitlines()
    start = lines.index("Resources, mean/highest use in each phase")
    return lines[start + 1 :]


def test_the_text_shows_each_resource_against_its_limit_phase_by_phase_and_then_the_sentence():
    lines = block(IDLE, use("gpu_temperature", "GPU-1"), SLOTS, use("process_cpu", "generator", role=GENERATOR_ROLE))
    assert lines[:5] == [
        "  resource                           limit   steady    spike       at its limit",
        "  service_slots:llm                   100%    10/10   10/100  from 1:02 to 1:58",
        "  gpu_temperature:GPU-1              85 °C  8.5/8.5  8.5/8.5                  -",
        "  host_cpu:localhost                   90%      9/9      9/9                  -",
        "  process_cpu:generator (generator)    90%      9/9      9/9                  -",
    ]
    assert lines[5].startswith("  Service slots of llm gave way first")


def test_a_phase_in_which_a_resource_was_not_measured_is_a_dash():
    lines = block(IDLE, use("service_slots", "llm", phases=(in_phase("spike", 0.5, 0.6),)))
    assert next(line for line in lines if "service_slots" in line).split() == [
        "service_slots:llm",
        "100%",
        "-",
        "50/60",
        "-",
    ]


def test_the_text_shows_when_each_was_at_its_limit():
    pool = use("service_slots", "stt", already=1.0)
    burst = use("process_cpu", "sim", 62.0, 0.97, already=-8.0, already_left=7.0)
    rows = {line.split()[0]: line for line in block(IDLE, pool, burst)}
    assert rows["service_slots:stt"].endswith("  when first seen, 0:01")
    assert rows["process_cpu:sim"].endswith("  before the load to 0:07; from 1:02")
    assert list(rows)[1:3] == ["process_cpu:sim", "service_slots:stt"]


def test_what_was_not_measured_stands_in_the_text_once():
    assert sum(MISSING in line for line in block(SLOTS, unmeasured=(MISSING,), unmeasured_from=0.0)) == 1
    assert sum(MISSING in line for line in block(SLOTS, unmeasured=(MISSING,), unmeasured_from=100.0)) == 1
