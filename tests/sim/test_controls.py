"""Faults, freeze, capacity, backends and reset do what they are told, no more and no less."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import grpc
import pytest
import requests

from loadgen.protocols.wire import llm_pb2
from tests.june_calls import GENERATE, unary, upload, wav
from tests.sim_process import Sim
from tests.waiting import wait_until

PROMPT = llm_pb2.GenerationRequest(prompt="hello there")


def generate(sim: Sim, timeout: float = 10) -> requests.Response:
    return requests.post(f"{sim.rest}/api/v1/llm/generate", json={"prompt": "hello there"}, timeout=timeout)


def statuses(sim: Sim, number: int) -> list[int]:
    return [generate(sim).status_code for _ in range(number)]


def test_a_quota_hits_exactly_every_nth_request(sim: Sim) -> None:
    sim.tell("faults", operation="rest:llm_generate", error_every=3)
    assert statuses(sim, 9) == [200, 200, 500] * 3
    books = sim.answered("rest:llm_generate")
    assert (books["answered"], books["errors"]) == (9, 3)


def test_a_quota_for_everything_counts_over_all_operations(sim: Sim) -> None:
    sim.tell("faults", error_every=2)
    seen = []
    for _ in range(3):
        seen.append(generate(sim).status_code)
        with pytest.raises(grpc.RpcError):
            unary(sim, GENERATE, PROMPT)
    assert seen == [200, 200, 200]


def test_faults_for_everything_spare_what_a_client_needs_first(sim: Sim) -> None:
    sim.tell("faults", error_every=1)
    assert requests.get(f"{sim.rest}/health", timeout=5).status_code == 200
    assert requests.post(f"{sim.rest}/auth/token", timeout=5).status_code == 200
    assert generate(sim).status_code == 500


def test_by_name_a_fault_hits_health_too(sim: Sim) -> None:
    sim.tell("faults", operation="rest:health", error_every=1, status=503)
    assert requests.get(f"{sim.rest}/health", timeout=5).status_code == 503


def test_the_narrowest_fault_wins(sim: Sim) -> None:
    sim.tell("faults", error_every=1, status=500)
    sim.tell("faults", operation="rest", error_every=1, status=502)
    sim.tell("faults", operation="rest:llm_generate", error_every=1, status=504)
    assert generate(sim).status_code == 504
    assert requests.post(f"{sim.rest}/api/v1/tts/speak", json={"text": "x"}, timeout=5).status_code == 502


def test_a_random_error_rate_is_the_same_for_the_same_seed(sim: Sim) -> None:
    def failures() -> list[int]:
        sim.tell("reset")
        sim.tell("faults", operation="rest:llm_generate", error_rate=0.5)
        return statuses(sim, 20)

    first = failures()
    assert set(first) == {200, 500}
    assert failures() == first


def test_a_fault_that_does_nothing_lifts_the_one_before(sim: Sim) -> None:
    sim.tell("faults", operation="rest:llm_generate", error_every=1)
    sim.tell("faults", operation="rest:llm_generate")
    assert sim.state()["faults"] == []
    assert generate(sim).status_code == 200


def test_faults_can_be_lifted_all_at_once(sim: Sim) -> None:
    sim.tell("faults", error_every=1)
    requests.delete(f"{sim.control}/faults", timeout=5)
    assert generate(sim).status_code == 200


@pytest.mark.parametrize(
    "path, request_, empty",
    [
        ("/api/v1/llm/generate", {"json": {"prompt": "x"}}, {"text": ""}),
        ("/api/v1/tts/speak", {"json": {"text": "x"}}, {"audio_b64": "", "sample_rate": 16000}),
        ("/api/v1/audio/transcribe", {"files": upload(wav(1))}, {"transcript": "", "detected_language": "en"}),
    ],
)
def test_a_rest_error_can_come_inside_a_200(
    sim: Sim, path: str, request_: dict[str, Any], empty: dict[str, Any]
) -> None:
    sim.tell("faults", operation="rest", error_every=1, in_band=True)
    answer = requests.post(sim.rest + path, timeout=5, **request_)
    assert (answer.status_code, answer.json()) == (200, empty)


def test_added_latency_holds_an_answer_back(sim: Sim) -> None:
    sim.tell("faults", operation="rest:llm_generate", latency=600)
    with pytest.raises(requests.Timeout):
        generate(sim, timeout=0.3)
    wait_until(lambda: sim.answered("rest:llm_generate")["given_up"] == 1, 5, "the request to be given up")
    assert sim.answered("rest:llm_generate")["answered"] == 0


@pytest.mark.parametrize(
    "command, body",
    [
        ("faults", {"operation": "rest:dance"}),
        ("faults", {"latency": -1}),
        ("faults", {"error_rate": 1.5}),
        ("faults", {"status": 200}),
        ("faults", {"latencyy": 1}),
        ("freeze", {"seconds": -1}),
        ("freeze", {}),
        ("capacity", {"llm": 0}),
        ("capacity", {"nlp": 1}),
        ("profile", {"profile": "bold"}),
        ("backends", {"llm": "sideways"}),
    ],
)
def test_a_command_that_cannot_be_meant_is_refused_with_a_reason(sim: Sim, command: str, body: dict[str, Any]) -> None:
    before = sim.state()
    answer = requests.post(f"{sim.control}/{command}", json=body, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert {k: v for k, v in sim.state().items() if k != "uptime"} == {k: v for k, v in before.items() if k != "uptime"}


def test_a_frozen_stand_in_accepts_and_answers_only_when_it_thaws(sim: Sim) -> None:
    sim.tell("freeze", seconds=600)
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(generate, sim), pool.submit(unary, sim, GENERATE, PROMPT)]
        wait_until(lambda: sim.state()["held"] == 2, 5, "both requests to be held")
        assert not any(answer.done() for answer in waiting)
        assert sim.tell("freeze", seconds=0)["frozen_for"] == 0
        rest, grpc_ = (answer.result(10) for answer in waiting)
    assert rest.status_code == 200
    assert grpc_.text


def test_a_freeze_ends_by_itself(sim: Sim) -> None:
    sim.tell("freeze", seconds=0.2)
    assert generate(sim).status_code == 200
    assert sim.state()["frozen_for"] == 0


def test_a_client_that_gives_up_on_a_frozen_stand_in_was_not_answered(sim: Sim) -> None:
    sim.tell("freeze", seconds=600)
    with pytest.raises(grpc.RpcError):
        unary(sim, GENERATE, PROMPT, timeout=0.3)
    wait_until(lambda: sim.answered("grpc:llm_generate")["given_up"] == 1, 5, "the call to be given up")
    assert sim.answered("grpc:llm_generate")["answered"] == 0


def busy(sim: Sim, in_use: int, queue: int) -> None:
    def seen() -> bool:
        llm = sim.state()["services"]["llm"]
        return (llm["in_use"], llm["queue"]) == (in_use, queue)

    wait_until(seen, 10, f"{in_use} slots in use and {queue} calls in the queue")


def begin(pool: ThreadPoolExecutor, sim: Sim, number: int) -> list[Future[Any]]:
    """Calls that nobody will answer; their clients give up soon."""
    return [pool.submit(generate, sim, 2) for _ in range(number)]


def test_calls_beyond_the_capacity_wait_and_a_larger_one_lets_them_in(slow: Sim) -> None:
    with ThreadPoolExecutor() as pool:
        calls = begin(pool, slow, 4)
        busy(slow, 1, 3)
        slow.tell("capacity", llm=3)
        busy(slow, 3, 1)
    assert all(call.exception() for call in calls)


def test_gateway_and_grpc_share_the_slots(slow: Sim) -> None:
    with ThreadPoolExecutor() as pool:
        begin(pool, slow, 1)
        busy(slow, 1, 0)
        pool.submit(unary, slow, GENERATE, PROMPT, timeout=1)
        busy(slow, 1, 1)


def test_a_call_given_up_leaves_its_slot_or_its_place_in_the_queue(slow: Sim) -> None:
    with ThreadPoolExecutor() as pool:
        begin(pool, slow, 3)
        busy(slow, 1, 2)
        busy(slow, 0, 0)
    assert slow.answered("rest:llm_generate")["given_up"] == 3


def test_a_backend_that_is_down_is_told_at_once(sim: Sim) -> None:
    sim.tell("backends", llm="down")
    answer = generate(sim)
    assert (answer.status_code, answer.json()) == (503, {"detail": "llm is not available"})
    with pytest.raises(grpc.RpcError) as error:
        unary(sim, GENERATE, PROMPT)
    assert error.value.code() is grpc.StatusCode.UNAVAILABLE
    sim.tell("backends", llm="up")
    assert generate(sim).status_code == 200


def test_as_built_june_stalls_on_a_backend_that_is_down_and_then_fails_in_plain_text(sim: Sim) -> None:
    sim.tell("profile", profile="as-built")
    sim.tell("backends", llm="down")
    answer = generate(sim)
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.elapsed.total_seconds() >= 5


def test_as_built_june_synthesises_one_text_at_a_time(sim: Sim) -> None:
    assert sim.tell("profile", profile="as-built")["services"]["tts"]["limit"] == 1
    assert sim.tell("profile", profile="default")["services"]["tts"]["limit"] == 5


def test_reset_makes_everything_as_the_command_line_said(start: Callable[..., Sim]) -> None:
    sim = start(
        "--error-every", "5", "--capacity", '{"llm": 2}', "--down", "tts",
        "--faults", '[{"operation": "rest:chat", "error_every": 7, "status": 503}]',
    )  # fmt: skip
    before = sim.state()
    sim.tell("faults", operation="rest:chat", latency=1)
    sim.tell("freeze", seconds=600)
    sim.tell("capacity", llm=9)
    sim.tell("profile", profile="designed")
    sim.tell("backends", tts="up", llm="down")
    after = sim.tell("reset")
    assert {**after, "uptime": 0} == {**before, "uptime": 0}
    assert [(f["operation"], f["error_every"]) for f in after["faults"]] == [(None, 5), ("rest:chat", 7)]
    assert after["services"]["llm"]["limit"] == 2
    assert after["services"]["tts"]["down"]


def test_reset_empties_the_books(sim: Sim) -> None:
    generate(sim)
    assert sim.answered("rest:llm_generate")["answered"] == 1
    sim.tell("reset")
    assert sim.answered("rest:llm_generate")["answered"] == 0


def test_the_command_line_can_order_a_freeze(start: Callable[..., Sim]) -> None:
    sim = start("--freeze", "600")
    wait_until(lambda: sim.state()["frozen_for"] > 0, 5, "the freeze")
