"""The block `compare:`."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadgen.config import ConfigError, load_config, read_config
from loadgen.config.compare import CompareSettings
from loadgen.config.document import parse

SHIPPED = Path(__file__).resolve().parents[2] / "loadgen" / "config" / "load_test_config.yaml"


def read(text: str) -> CompareSettings:
    """The shipped configuration with another block."""
    lines = SHIPPED.read_text().split("\ncompare:\n")
    rest = lines[1][lines[1].index("\n# ---") :]
    return read_config(parse(f"{lines[0]}\n{text}\n{rest}".encode(), "a.yaml"), SHIPPED.parent).compare


def test_the_shipped_block_is_what_holds_without_one():
    assert load_config(SHIPPED).compare == CompareSettings() == read("")


def test_shares_and_times_are_read():
    sizes = "{rate: 1%, errors: 0.1%, latency: 2%, seconds: 1ms}"
    found = read(f"compare: {{confidence: 99%, smallest: {sizes}}}")
    assert (found.confidence, found.smallest.latency, found.smallest.seconds) == (0.99, 0.02, 0.001)


@pytest.mark.parametrize(
    "block, said",
    [
        ("confidence: 30%", "compare.confidence"),
        ("confidence: 1", "compare.confidence"),
        ("smallest: {rate: 1%}", "compare.smallest.errors"),
        ("smallest: {rate: 0, errors: 1%, latency: 5%, seconds: 0}", "compare.smallest.rate"),
        ("smallest: {rate: 20%, errors: 0.5%, latency: 5%, seconds: 0}", "what is tolerated of rate at least as large"),
        ("smallest: {rate: 5%, errors: 0.5%, latency: 5%, seconds: 1s}", "its smallest effect (1s), not 50ms"),
        ("between_runs: 3%", "compare.between_runs"),
        ("tests: 5", "compare.tests"),
    ],
)
def test_what_cannot_be_is_refused_by_its_place(block, said):
    with pytest.raises(ConfigError) as refusal:
        read(f"compare: {{{block}}}")
    assert said in str(refusal.value)
