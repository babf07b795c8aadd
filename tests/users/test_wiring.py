"""Users keep to the target's rules: they wait when told to, have addresses of their own, and renew what expires."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from loadgen.model.plan import LengthDistribution, Plan
from tests.sim_process import start_sim
from tests.users.locust_run import SIM_PORTS, Run, aimed, drawing, plan_at, plan_for, start_run
from tests.waiting import wait_until

Line = dict[str, Any]


def by_user(run: Run) -> dict[int, list[Line]]:
    """Every user's operations, in their order."""
    found: defaultdict[int, list[Line]] = defaultdict(list)
    for line in run.requests():
        found[line["user"]].append(line)
    return found


def reasons(lines: list[Line]) -> Counter[str | None]:
    return Counter(line["reason"] for line in lines)


# --------------------------------------------------------------------------------------------------------- limits


def chats(sim: Any, **target: Any) -> Plan:
    return aimed(drawing(plan_for(sim, 5, 8.0, workers=1, think=0.1, test_type="rest"), "chat"), **target)


def test_users_with_addresses_of_their_own_are_limited_each_for_itself(tmp_path: Path) -> None:
    with start_sim(tmp_path, "--profile", "designed") as sim:
        plan = msgspec.structs.replace(chats(sim, identities=5), duration=60.0)
        with start_run(tmp_path / "work", plan) as run:
            run.go()
            # More than one address may have in a minute, less than five may.
            wait_until(lambda: sim.answered("rest:chat")["answered"] >= 60, 50, "more chats than a limit")
            run.stop(drain=2)
            run.final()
    assert set(reasons(run.requests())) == {None}


def test_a_user_that_honours_retry_after_asks_nothing_more_until_then(tmp_path: Path) -> None:
    with (
        start_sim(tmp_path, "--profile", "designed") as sim,
        start_run(tmp_path / "work", chats(sim, honour_retry_after=True)) as run,
    ):
        run.go()
        run.final()
    refused = [[line["reason"] for line in lines if line["reason"]] for lines in by_user(run).values()]
    assert refused == [["rate_limited"]] * 5
    assert {lines[-1]["reason"] for lines in by_user(run).values()} == {"rate_limited"}


def test_a_user_that_does_not_honour_it_goes_on_asking(tmp_path: Path) -> None:
    with (
        start_sim(tmp_path, "--profile", "designed") as sim,
        start_run(tmp_path / "work", chats(sim)) as run,
    ):
        run.go()
        wait_until(lambda: reasons(run.requests())["rate_limited"] > 10, 50, "refusals")
        run.stop(drain=2)
        run.final()


@contextmanager
def refusing() -> Iterator[tuple[int, list[dict[str, str]]]]:
    """A server that refuses everything for an hour, a handshake too: its port, and the headers it was asked with."""
    seen: list[dict[str, str]] = []

    class Refusal(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            seen.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(429)
            self.send_header("Retry-After", "3600")
            self.send_header("Content-Length", "0")
            self.send_header("Connection", "close")
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - the name is http.server's

        def log_message(self, *_: Any) -> None:
            """Not into the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusal)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.mark.parametrize("test_type, call", [("rest", "token"), ("websocket", "connect")])
def test_a_refusal_of_what_a_user_needs_first_is_honoured_too(tmp_path: Path, test_type: str, call: str) -> None:
    with refusing() as (port, seen):
        ports = dict.fromkeys(SIM_PORTS, port)
        plan = plan_at(ports, users=4, duration=6.0, workers=1, think=0.05, test_type=test_type)
        with start_run(tmp_path / "work", aimed(plan, honour_retry_after=True, identities=4)) as run:
            run.go()
            run.final()
    calls = {o.name: o.call for o in plan.operations}
    assert [(calls[line["operation"]], line["reason"]) for line in run.requests()] == [(call, "rate_limited")] * 4
    assert {head["x-forwarded-for"] for head in seen} == {f"198.18.0.{n}" for n in range(4)}


def test_an_expected_refusal_of_a_handshake_sends_no_message_into_the_void(tmp_path: Path) -> None:
    with refusing() as (port, seen):
        plan = plan_at(dict.fromkeys(SIM_PORTS, port), users=2, duration=60.0, workers=1, test_type="websocket")
        expecting = tuple(
            msgspec.structs.replace(o, expect=msgspec.structs.replace(o.expect, rate_limited=True))
            for o in plan.operations
        )
        with start_run(tmp_path / "work", msgspec.structs.replace(plan, operations=expecting)) as run:
            run.go()
            wait_until(lambda: len(seen) > 8, 40, "handshakes")
            run.stop(drain=2)
            run.final()
    assert {(line["operation"], line["reason"]) for line in run.requests()} == {("connect", None)}


# --------------------------------------------------------------------------------------------------------- tokens


def test_a_token_is_renewed_before_it_expires(tmp_path: Path) -> None:
    with start_sim(tmp_path, "--token-lifetime", "6") as sim:
        plan = drawing(plan_for(sim, 3, 60.0, workers=1, test_type="rest"), "chat")
        with start_run(tmp_path / "work", plan) as run:
            run.go()
            wait_until(lambda: sim.answered("rest:token")["answered"] >= 9, 50, "tokens renewed twice")
            run.stop(drain=2)
            run.final()
    assert set(reasons(run.requests())) == {None}


def test_a_refused_token_is_dropped_and_a_new_one_fetched(tmp_path: Path) -> None:
    """A gateway that is started anew knows no token of before."""
    with ExitStack() as before:
        sim = before.enter_context(start_sim(tmp_path))
        plan = drawing(plan_for(sim, 3, 120.0, workers=1, test_type="rest"), "chat")
        ports = [word for name in SIM_PORTS for word in (f"--{name}-port", str(sim.ports[name]))]
        with start_run(tmp_path / "work", plan) as run:
            run.go()
            wait_until(lambda: len(answered_chats(run, 0)) == 3, 40, "a chat of every user")
            before.close()
            with start_sim(tmp_path, *ports):
                wait_until(lambda: len(answered_chats(run, 1)) == 3, 40, "a chat of every user after a refused token")
                run.stop(drain=2)
                run.final()
    for lines in by_user(run).values():
        statuses = [(line["operation"], line["status"]) for line in lines]
        refused = statuses.index(("chat", "401"))
        assert statuses[refused + 1 : refused + 3] == [("auth_token", "200"), ("chat", "200")]
        assert statuses.count(("chat", "401")) == 1


def answered_chats(run: Run, refusals: int) -> list[int]:
    """The users of whom a chat was answered after so many refusals of their token."""
    found = []
    for user, lines in by_user(run).items():
        statuses = [line["status"] for line in lines if line["operation"] == "chat"]
        if statuses.count("401") >= refusals and statuses[-1:] == ["200"]:
            found.append(user)
    return found


# ---------------------------------------------------------------------------------------------------- paced speech


def speech(sim: Any, seconds: float, timeout: float) -> Plan:
    """Three users that speak for so long, with that timeout."""
    plan = plan_for(sim, 3, 60.0, workers=1, test_type="grpc")
    length = LengthDistribution(median=seconds, p95=seconds, low=seconds, high=seconds)
    inputs = msgspec.structs.replace(plan.inputs, speech_seconds=length)
    return msgspec.structs.replace(drawing(plan, "stt_recognize_stream", timeout=timeout), inputs=inputs)


def test_speech_that_lasts_longer_than_its_timeout_is_no_timeout(tmp_path: Path) -> None:
    with start_sim(tmp_path) as sim, start_run(tmp_path / "work", speech(sim, 4.0, timeout=2.0)) as run:
        run.go()
        wait_until(lambda: len(run.requests()) >= 3, 40, "recognised speech")
        run.stop(drain=0)
        run.final()
    assert reasons(run.requests())[None] >= 3
    assert set(reasons(run.requests())) <= {None, "unfinished"}


def test_the_timeout_of_speech_runs_from_its_last_chunk(tmp_path: Path) -> None:
    with (
        start_sim(tmp_path, "--freeze", "120") as sim,
        start_run(tmp_path / "work", speech(sim, 2.0, timeout=1.0)) as run,
    ):
        run.go()
        wait_until(lambda: len(run.requests()) >= 3, 40, "timeouts")
        run.stop(drain=0)
        run.final()
    over = [line for line in run.requests() if line["reason"] == "timeout"]
    assert len(over) >= 3
    assert all(line["service_time"] >= 2.95 and line["response_time"] >= 0.95 for line in over)
