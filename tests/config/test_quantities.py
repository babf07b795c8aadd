"""Durations and shares, read exactly."""

from __future__ import annotations

import math

import pytest

from loadgen.model.quantities import (
    amount,
    bytes_of,
    complement,
    duration_text,
    product,
    seconds_of,
    share_of,
    share_text,
)


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("300ms", 0.3),
        ("2s", 2),
        ("1.5s", 1.5),
        ("5m", 300),
        ("1h", 3600),
        ("0.1m", 6),
        (" 2 s ", 2),
        (3, 3),
        (0.5, 0.5),
    ],
)
def test_a_duration_is_read_exactly(text: object, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    "bad", ["", "5", "m", "5 minutes", "-1s", "1e3s", "٣s", "1d", "5M", None, True, -1, math.nan, math.inf, [], "1s2"]
)
def test_anything_else_is_no_duration(bad: object) -> None:
    with pytest.raises(ValueError, match="a duration such as 300ms"):
        seconds_of(bad)


@pytest.mark.parametrize("text, share", [("95%", 0.95), ("0.1%", 0.001), ("100 %", 1), (0.07, 0.07), (1, 1), ("0%", 0)])
def test_a_share_is_read_exactly(text: object, share: float) -> None:
    assert share_of(text) == share


@pytest.mark.parametrize("bad", ["", "0.5", "101%", "-1%", 1.01, -0.1, math.nan, True, None, "5 percent"])
def test_anything_else_is_no_share(bad: object) -> None:
    with pytest.raises(ValueError, match="a share such as 1%"):
        share_of(bad)


@pytest.mark.parametrize("percent", range(101))
def test_what_is_left_of_a_share_is_the_float_that_one_would_write(percent: int) -> None:
    assert complement(share_of(f"{percent}%")) == float(f"{(100 - percent) / 100:.2f}")


def test_a_product_is_the_float_that_one_would_write() -> None:
    assert (product(0.05, 2.0), product(0.1, 0.7)) == (0.1, 0.07)


@pytest.mark.parametrize(
    "seconds, text",
    [
        (0, "0s"),
        (0.3, "300ms"),
        (0.0005, "0.5ms"),
        (1.5, "1.5s"),
        (90, "90s"),
        (300, "5m"),
        (3600, "1h"),
        (5400, "90m"),
    ],
)
def test_a_duration_is_written_short_and_reads_back(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("share, text", [(0.05, "5%"), (0.005, "0.5%"), (1.0, "100%"), (0.0, "0%"), (0.29, "29%")])
def test_a_share_is_written_in_percent_and_reads_back(share: float, text: str) -> None:
    assert share_text(share) == text
    assert share_of(text) == share


@pytest.mark.parametrize(
    "text, expected",
    [("64MiB", 64 * 2**20), ("1.5 GiB", 1.5 * 2**30), ("512KiB", 2**19), ("0B", 0), (4096, 4096), ("2TiB", 2**41)],
)
def test_sizes_are_read_exactly(text, expected):
    assert bytes_of(text) == expected


@pytest.mark.parametrize(
    "bad", ["64MB", "64", "-1MiB", "MiB", True, None, -1, float("nan"), float("inf"), "9999999TiB"]
)
def test_what_is_no_size_is_refused(bad):
    with pytest.raises(ValueError, match="a size such as"):
        bytes_of(bad)


@pytest.mark.parametrize(
    "value, unit, text",
    [
        (2.0**26, "bytes per hour", "64 MiB per hour"),
        (-1536.0, "bytes", "-1.5 KiB"),
        (0.0, "bytes", "0 B"),
        (1234567.0, "bytes per hour", "1.18 MiB per hour"),
        (8.0, "calls", "8 calls"),
        (15276.4, "descriptors per hour", "15276 descriptors per hour"),
        (0.12345, "", "0.1235"),
    ],
)
def test_amounts_are_told_with_their_unit(value, unit, text):
    assert amount(value, unit) == text
