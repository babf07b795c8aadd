"""What --dry-run prints."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from loadgen.config import Baseline, Config
from loadgen.model.plan import Plan
from loadgen.plan import Endpoints, Offer, RunRequest, compile_plan, describe

GOLDEN = Path(__file__).parent / "golden"
NOW = "20251130120000"


def check(name: str, found: str) -> None:
    """After a wanted change: UPDATE_GOLDEN=1 pytest tests/plan."""
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(found)
    assert found == golden.read_text()


def test_a_spike_reads_as_golden(shipped: Config) -> None:
    request = RunRequest(
        scenario="spike", time_scale=0.5, cores=2, endpoints=Endpoints(rest=1, llm=2, stt=3, tts=4, control=5)
    )
    check("spike", describe(compile_plan(shipped, request, now_id=NOW)))


def test_a_plan_with_everything_reads_as_golden(everything: Config) -> None:
    plan = compile_plan(everything, RunRequest(log_requests=True), now_id=NOW)
    # Replaced in the plan, not in the text: the columns' widths follow the length of what stands in them.
    folder = str(Path(everything.file).parent).encode()
    moved = msgspec.json.decode(msgspec.json.encode(plan).replace(folder, b"."), type=Plan)
    check("everything", describe(moved))


def test_a_target_with_a_baseline_reads_as_golden(shipped: Config) -> None:
    offer = Offer(missing={"grpc:llm_embed": "UNIMPLEMENTED"})
    baseline = Baseline(run_id="baseline-1", rates={"grpc": 4.25})
    request = RunRequest(scenario="target", target="june", test_type="grpc")
    check("target", describe(compile_plan(shipped, request, now_id=NOW, offer=offer, baseline=baseline)))


@pytest.mark.parametrize("request_", [{"scenario": "smoke"}, {"scenario": "target"}, {"scenario": "ramp_up"}])
def test_lines_have_no_loose_ends(shipped: Config, request_: dict[str, Any]) -> None:
    text = describe(compile_plan(shipped, RunRequest(**request_), now_id=NOW))
    assert [line for line in text.splitlines() if line != line.rstrip()] == []
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_nothing_is_printed_that_this_run_makes_no_use_of(everything: Config) -> None:
    request = RunRequest(scenario="stairs", test_type="websocket", log_requests=False)
    text = describe(compile_plan(everything, request, now_id=NOW))
    for unused in ("https://june", "token", "metadata", "tls", "10.0.0.1:50051", "texts to speak", "recordings"):
        assert unused not in text, unused
    for used in ("wss://june", "header", "identities", "prompts"):
        assert used in text, used
    text = describe(compile_plan(everything, RunRequest(scenario="stairs"), now_id=NOW))
    assert "status 200/201 text≥3 429 expected" in text
    assert "audio≥100ms" in text
