"""Tokens, Retry-After, identities and WAV files."""

from __future__ import annotations

import base64
import json

import pytest

from loadgen.inputs.speech import wav_file
from loadgen.protocols.audio import pcm_of, pieces
from loadgen.protocols.identity import address, user_id
from loadgen.protocols.retry import retry_after_of
from loadgen.protocols.tokens import renewal


def jwt(**claims: float) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2ln"


@pytest.mark.parametrize(
    "token, seconds",
    [
        (jwt(iat=1000, exp=1100), 89.0),
        (jwt(iat=1000, exp=1000 + 3600), 3539.0),
        (jwt(iat=1000, exp=1001), 0.0),
        (jwt(exp=5100), 89.0),
        (jwt(iat=1000, exp=900), 0.0),
        (jwt(iat=1), None),
        ("opaque", None),
        ("a.!!!.c", None),
        ("", None),
    ],
)
def test_a_token_is_renewed_before_it_expires_by_its_own_clock(token: str, seconds: float | None) -> None:
    assert renewal(token, now=5000.0) == seconds


@pytest.mark.parametrize(
    "value, seconds",
    [("59", 59.0), ("0", 0.0), ("-1", None), ("nan", None), ("soon", None), ("", None), (None, None)],
)
def test_retry_after_is_a_number_of_seconds(value: str | None, seconds: float | None) -> None:
    assert retry_after_of(value) == seconds


def test_retry_after_as_a_date_counts_from_the_answers_own_date() -> None:
    dates = ("Sun, 30 Nov 2025 12:00:30 GMT", "Sun, 30 Nov 2025 12:00:00 GMT")
    assert retry_after_of(*dates) == 30.0
    assert retry_after_of(dates[0], None) is None


def test_no_two_users_share_an_id() -> None:
    ids = {user_id(run, kind, n) for run in ("a", "b") for kind in ("rest", "grpc") for n in range(50)}
    assert len(ids) == 200


def test_addresses_are_spread_evenly_in_the_range_set_aside_for_benchmarks() -> None:
    assert [address(n, 2) for n in range(3)] == ["198.18.0.0", "198.18.0.1", "198.18.0.0"]
    assert address(2**17 - 1, 2**20) == "198.19.255.255"
    assert address(5, 0) is None


def test_a_wav_file_gives_back_its_samples() -> None:
    pcm = pcm_of(wav_file(bytes(range(200)) * 4))
    assert (pcm.data, pcm.sample_rate, pcm.channels, pcm.seconds) == (bytes(range(200)) * 4, 16_000, 1, 0.025)
    assert b"".join(pieces(pcm, 0.01)) == pcm.data


@pytest.mark.parametrize("data", [b"", b"RIFF", b"RIFF\0\0\0\0WAVEdata\4\0\0\0abcd", b"not a wav at all"])
def test_what_is_no_wav_file_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="WAV"):
        pcm_of(data)
