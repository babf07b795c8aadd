"""The generator's own error: what it measures of each request beside what the stand-in noted of the same one.

Method: one run per protocol at about the wanted rate of operations a second, every operation logged by the generator
and by the stand-in on the same clock (CLOCK_MONOTONIC). The error of a request is the measured service time less the
time between its arrival at and its answer from the stand-in; it holds both ends' sockets, kernel and event loops, so it
is an upper bound of the generator's own. Streams that are sent at speaking pace are left out: the stand-in notes them
from their last chunk on. Aims at 100 operations/s: median under 1 ms, P99 under 5 ms.

Beside each stands a plain blocking client (http.client, grpcio without gevent) that asks the same stand-in for its
health, one request after the other, with nothing else running: what it sees is not the generator's doing.
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import yaml

from bench.measured import ROOT, measured_run

AIM_MEDIAN, AIM_P99 = 0.001, 0.005
TEST_TYPES = ("rest", "websocket", "grpc")
LEFT_OUT = {"connect", "auth_token", "stt_recognize_stream"}
THINK = 0.5


PLAIN_REQUESTS = 300
PLAIN_PAUSE = 0.01


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=100.0, help="operations per second (default: %(default)s)")
    parser.add_argument("--duration", default="30s")
    parser.add_argument("--test-type", choices=TEST_TYPES, action="append", help="one protocol instead of all")
    arguments = parser.parse_args()
    for test_type in arguments.test_type or TEST_TYPES:
        with tempfile.TemporaryDirectory() as name:
            plain = sorted(_plain(Path(name), test_type)) if test_type in PLAIN else []
            errors = sorted(_errors(Path(name), test_type, arguments.rate, arguments.duration))
        median, p99 = errors[len(errors) // 2], errors[int(len(errors) * 0.99)]
        print(
            f"{test_type:<10} {len(errors)} requests: "
            f"median {median * 1e3:.2f} ms ({median / AIM_MEDIAN:.2f} of the aim), "
            f"P99 {p99 * 1e3:.2f} ms ({p99 / AIM_P99:.2f}), largest {errors[-1] * 1e3:.1f} ms"
        )
        if plain:
            middle, high = plain[len(plain) // 2], plain[int(len(plain) * 0.99)]
            print(f"{'':<10} a plain client alone: median {middle * 1e3:.2f} ms, P99 {high * 1e3:.2f} ms")


def _plain(folder: Path, test_type: str) -> Iterator[float]:
    """The same difference for a blocking client, in seconds."""
    ready, record = folder / "ready.json", folder / "plain.jsonl"
    ports = [f"--{name}-port=0" for name in ("rest", "llm", "stt", "tts", "control")]
    command = [sys.executable, "-m", "sim", *ports, "--ready-file", str(ready), "--record", str(record)]
    stand_in = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not ready.exists():
            if stand_in.poll() is not None:
                sys.exit(f"the stand-in ended with {stand_in.returncode}")
            time.sleep(0.05)
        ask = PLAIN[test_type](json.loads(ready.read_text()))
        taken = {}
        for number in range(PLAIN_REQUESTS):
            start = time.monotonic()
            ask(f"plain-{number}")
            taken[f"plain-{number}"] = time.monotonic() - start
            time.sleep(PLAIN_PAUSE)
    finally:
        stand_in.terminate()
        stand_in.wait()
    for line in _lines(record):
        if line["id"] in taken:
            yield taken[line["id"]] - (line["answered"] - line["received"])


def _plain_rest(ports: dict[str, int]) -> Callable[[str], object]:
    connection = http.client.HTTPConnection("127.0.0.1", ports["rest"])
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(identity: str) -> object:
        connection.request("GET", "/health", headers={"x-request-id": identity})
        return connection.getresponse().read()

    return ask


def _plain_grpc(ports: dict[str, int]) -> Callable[[str], object]:
    channel = grpc.insecure_channel(f"ipv4:127.0.0.1:{ports['llm']}")
    call = channel.unary_unary("/june.llm.LLMInference/HealthCheck")
    return lambda identity: call(b"", metadata=(("x-request-id", identity),), timeout=10)


PLAIN = {"rest": _plain_rest, "grpc": _plain_grpc}


def _errors(folder: Path, test_type: str, rate: float, duration: str) -> Iterator[float]:
    config, record = folder / "config.yaml", folder / "stand_in.jsonl"
    config.write_text(yaml.safe_dump(_configured(record)))
    # Answers take about 0.2 s on the mean of all operations, so a user makes about 1 / (THINK + 0.2) a second.
    users = round(rate * (THINK + (0.2 if test_type != "websocket" else 0.0)))
    run = measured_run(
        folder, "--config", str(config), "--scenario", "smoke", "--test-type", test_type, "--log-requests",
        "--users", str(users), "--spawn-rate", str(users), "--duration", duration,
    )  # fmt: skip
    print(f"{test_type:<10} {run.verdict.verdict}, worker {run.cpu('worker'):.2f} of a core")
    noted = {line["id"]: line for line in _lines(record)}
    for line in _lines(run.folder / "requests.jsonl"):
        if line["reason"] is None and line["operation"] not in LEFT_OUT and line["request_id"] in noted:
            there = noted[line["request_id"]]
            yield line["service_time"] - (there["answered"] - there["received"])


def _configured(record: Path) -> dict:
    config = yaml.safe_load((ROOT / "loadgen/config/load_test_config.yaml").read_text())
    config["targets"]["sim"]["options"]["record"] = str(record)
    # Room enough that requests do not queue at the stand-in: the generator is measured here, not the target.
    config["targets"]["sim"]["options"]["capacity"] = {"llm": 100, "stt": 100, "tts": 100}
    pause = {"low": THINK, "high": THINK}
    config["scenarios"]["smoke"]["think_times"] = dict.fromkeys(TEST_TYPES, pause)
    return config


def _lines(path: Path) -> Iterator[dict]:
    for line in path.read_text().splitlines():
        yield json.loads(line)


if __name__ == "__main__":
    main()
