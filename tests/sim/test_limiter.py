"""The limiter counts as June's does: one count for an address, thresholds by path, windows that slide."""

from __future__ import annotations

import pytest
import requests

from sim.limiter import DAY, HOUR, MINUTE, Limiter
from tests.sim_process import Sim

LLM, CHAT, OTHER = "/api/v1/llm/generate", "/chat", "/status"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limiter(clock: Clock) -> Limiter:
    return Limiter(clock)


def allowed(limiter: Limiter, path: str, times: int, address: str = "10.0.0.1") -> int:
    return sum(bool((d := limiter.decide(address, path)) and d.allowed) for _ in range(times))


@pytest.mark.parametrize(
    "path, limit",
    [
        (LLM, 10),
        ("/api/v1/tts/speak", 20),
        ("/api/v1/audio/transcribe", 20),
        (CHAT, 30),
        (OTHER, 60),
        ("/auth/token", 60),
        ("/nowhere", 60),
    ],
)
def test_each_path_has_its_limit_for_a_minute(limiter: Limiter, path: str, limit: int) -> None:
    assert allowed(limiter, path, limit + 5) == limit


def test_all_paths_share_one_count(limiter: Limiter) -> None:
    assert allowed(limiter, CHAT, 8) == 8
    assert allowed(limiter, LLM, 10) == 2


def test_a_refused_call_is_not_counted(limiter: Limiter, clock: Clock) -> None:
    allowed(limiter, LLM, 50)
    clock.now += MINUTE + 1
    assert allowed(limiter, LLM, 50) == 10


def test_each_address_has_a_count_of_its_own(limiter: Limiter) -> None:
    assert [allowed(limiter, LLM, 20, address) for address in ("10.0.0.1", "10.0.0.2")] == [10, 10]


@pytest.mark.parametrize("path", ["/health", "/metrics", "/docs", "/openapi.json", "/ws/ann"])
def test_some_paths_have_no_limit(limiter: Limiter, path: str) -> None:
    assert limiter.decide("10.0.0.1", path) is None


def test_the_window_slides(limiter: Limiter, clock: Clock) -> None:
    for _ in range(10):
        allowed(limiter, LLM, 1)
        clock.now += 6
    assert allowed(limiter, LLM, 1) == 1
    assert allowed(limiter, LLM, 1) == 0
    clock.now += 6
    assert allowed(limiter, LLM, 2) == 1


def test_a_refusal_tells_when_to_come_again(limiter: Limiter, clock: Clock) -> None:
    allowed(limiter, LLM, 10)
    clock.now += 12.5
    decision = limiter.decide("10.0.0.1", LLM)
    assert decision is not None
    assert decision.body() == {
        "error": "Rate limit exceeded",
        "message": "Rate limit exceeded: 10 requests per 60s",
        "retry_after": 48,
    }
    assert decision.headers(5000) == {
        "X-RateLimit-Limit": "10",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "5048",
        "Retry-After": "48",
    }
    clock.now += 48
    assert allowed(limiter, LLM, 1) == 1


def test_the_hour_and_the_day_have_limits_too(limiter: Limiter, clock: Clock) -> None:
    for _ in range(10):
        assert allowed(limiter, LLM, 10) == 10
        clock.now += MINUTE
    decision = limiter.decide("10.0.0.1", LLM)
    assert decision is not None
    assert (decision.allowed, decision.limit, decision.window) == (False, 100, HOUR)
    for _ in range(220):
        allowed(limiter, OTHER, 50)
        clock.now += HOUR / 18
    decision = limiter.decide("10.0.0.1", OTHER)
    assert decision is not None
    assert (decision.allowed, decision.limit, decision.window) == (False, 10_000, DAY)


def generate(sim: Sim, headers: dict[str, str]) -> requests.Response:
    return requests.post(f"{sim.rest}/api/v1/llm/generate", json={"prompt": "hello"}, headers=headers, timeout=5)


def work_done(sim: Sim) -> float:
    """LLM calls that were worked on, since the stand-in started."""
    lines = requests.get(f"{sim.rest}/metrics", timeout=5).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("inference_requests_total"))


@pytest.mark.parametrize("profile, worked", [("designed", 10), ("as-built", 12)])
def test_a_refused_call_costs_the_backend_only_as_built(
    sim: Sim, token: dict[str, str], profile: str, worked: int
) -> None:
    sim.tell("profile", profile=profile)
    before = work_done(sim)
    answers = [generate(sim, token) for _ in range(12)]
    assert [a.status_code for a in answers] == [200] * 10 + [429] * 2
    assert work_done(sim) - before == worked
    assert sim.answered("rest:llm_generate")["errors"] == 2


def test_an_answer_announces_the_limit_and_a_refusal_the_wait(sim: Sim, token: dict[str, str]) -> None:
    sim.tell("profile", profile="designed")
    first, *_, last = [generate(sim, token) for _ in range(11)]
    assert (first.headers["X-RateLimit-Limit"], first.headers["X-RateLimit-Remaining"]) == ("10", "9")
    assert "Retry-After" not in first.headers
    assert last.json()["error"] == "Rate limit exceeded"
    assert int(last.headers["Retry-After"]) == last.json()["retry_after"] > 0


def test_the_first_forwarded_address_is_the_identity(sim: Sim, token: dict[str, str]) -> None:
    sim.tell("profile", profile="designed")
    for address in ("10.1.1.1, 10.9.9.9", "10.1.1.2"):
        seen = [generate(sim, {**token, "X-Forwarded-For": address}).status_code for _ in range(11)]
        assert seen == [200] * 10 + [429]


def test_by_default_nothing_is_limited(sim: Sim, token: dict[str, str]) -> None:
    answers = [generate(sim, token) for _ in range(70)]
    assert {a.status_code for a in answers} == {200}
    assert "X-RateLimit-Limit" not in answers[0].headers
