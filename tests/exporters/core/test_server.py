"""The exporters' HTTP server: real, over real connections."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from exporters.core.server import CONNECTIONS, ExporterServer
from tests.exporter_process import ask
from tests.waiting import wait_until

LIMIT = 0.8


@contextmanager
def serving(scrape: Callable[[float], bytes | None], host: str = "127.0.0.1") -> Iterator[int]:
    server = ExporterServer((host, 0), scrape, LIMIT)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_only_metrics_and_health_are_answered():
    with serving(lambda _: b"m 1\n") as port:
        assert ask(port) == (200, "text/plain; version=0.0.4; charset=utf-8", "m 1\n")
        assert ask(port, "/metrics?collect[]=x").status == 200
        assert ask(port, "/healthz").text == "ok\n"
        assert [ask(port, path).status for path in ("/", "/metrics/", "/../etc/passwd")] == [404, 404, 404]
        assert [ask(port, method=method).status for method in ("POST", "PUT", "DELETE", "HEAD")] == [405] * 4


def raw(port: int, *parts: bytes) -> bytes:
    """What comes back over a connection of its own, until the server closes it."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for part in parts:
            connection.sendall(part)
        return b"".join(iter(lambda: connection.recv(1 << 16), b""))


HEALTH = b"GET /healthz HTTP/1.1\r\n"


@pytest.mark.parametrize(
    "request_, status",
    [
        (HEALTH + b"Connection: Close\r\n\r\n", b"200"),
        (b"GET /healthz HTTP/1.0\r\n\r\n", b"200"),
        (HEALTH + b"Content-Length: 30\r\n\r\n" + HEALTH, b"200"),
        (HEALTH + b"Transfer-Encoding: chunked\r\n\r\n", b"200"),
        (b"POST /metrics HTTP/1.1\r\nContent-Length: 0\r\n\r\n", b"405"),
        (b"HEAD /metrics HTTP/1.1\r\n\r\n", b"405"),
        (b"\x16\x03\x01\x02\r\n\r\n", b"400"),
        (b"GET /metrics\r\n\r\n", b"400"),
        (b"GET /metrics HTTP/2\r\n\r\n", b"400"),
        (b"GET /" + b"x" * 8200 + b" HTTP/1.1\r\n\r\n", b"400"),
        (HEALTH + b"X: y\r\n" * 64 + b"\r\n", b"400"),
    ],
)
def test_after_the_last_request_of_a_connection_it_is_answered_once_and_closed(request_: bytes, status: bytes):
    with serving(lambda _: b"m 1\n") as port:
        answer = raw(port, request_)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"\r\nConnection: close\r\n" in answer
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"Content-Length: %d" % len(body) in head


def test_requests_that_come_at_once_or_in_pieces_are_each_answered():
    with serving(lambda _: b"m 1\n") as port:
        pieces = (HEALTH, b"\r\n" + HEALTH[:7], HEALTH[7:] + b"Conn", b"ection: close\r\n\r\n")
        assert raw(port, *pieces).count(b"HTTP/1.1 200 OK") == 2


def test_a_scraper_that_goes_in_the_middle_of_a_request_is_not_answered():
    with serving(lambda _: b"m 1\n") as port, socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(HEALTH)
        connection.shutdown(socket.SHUT_WR)
        assert b"200 OK" not in connection.recv(1 << 16)


def test_a_connection_serves_many_scrapes():
    with serving(lambda _: b"m 1\n") as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.connect()
        own = connection.sock.getsockname()
        for _ in range(3):
            connection.request("GET", "/metrics")
            assert connection.getresponse().read() == b"m 1\n"
            assert connection.sock.getsockname() == own
        connection.close()


@pytest.mark.parametrize(
    "waits, budget",
    [("0.5", 0.45), ("10", LIMIT), ("0", LIMIT), ("-1", LIMIT), ("nan", LIMIT), ("soon", LIMIT), (None, LIMIT)],
)
def test_a_scrape_takes_no_longer_than_the_scraper_waits(waits: str | None, budget: float):
    given: list[float] = []
    with serving(lambda seconds: given.append(seconds) or b"") as port:
        ask(port, headers={} if waits is None else {"X-Prometheus-Scrape-Timeout-Seconds": waits})
    assert given == [pytest.approx(budget)]


def test_health_is_answered_while_a_scrape_hangs():
    under_way, let_go = threading.Event(), threading.Event()

    def hang(_seconds: float) -> bytes:
        under_way.set()
        let_go.wait(30)
        return b""

    with serving(hang) as port:
        scraper = threading.Thread(target=ask, args=(port,))
        scraper.start()
        assert under_way.wait(10)
        assert ask(port, "/healthz").status == 200
        let_go.set()
        scraper.join()


def test_a_scrape_that_could_not_begin_is_answered_503():
    with serving(lambda _: None) as port:
        assert ask(port).status == 503


def test_there_are_never_more_connections_than_places():
    with serving(lambda _: b"") as port:
        before = threading.active_count()
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
        wait_until(lambda: threading.active_count() == before + CONNECTIONS, 10, "every place to be taken")
        assert ask(port, "/healthz").status == 503
        assert threading.active_count() == before + CONNECTIONS
        for each in held:
            each.close()
        wait_until(lambda: ask(port, "/healthz").status == 200, 10, "a place to be free again")


def test_a_fault_of_our_own_is_not_hidden(capfd: pytest.CaptureFixture[str]):
    def fault(_seconds: float) -> bytes:
        raise ZeroDivisionError("ours")

    with serving(fault) as port, pytest.raises(http.client.RemoteDisconnected):
        ask(port)
    assert "ZeroDivisionError: ours" in capfd.readouterr().err


def test_a_scraper_that_hangs_up_is_not_mentioned(capfd: pytest.CaptureFixture[str]):
    with serving(lambda _: b"x" * 10_000_000) as port:
        connection = socket.create_connection(("127.0.0.1", port))
        connection.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        assert connection.recv(10)
        connection.close()
        wait_until(lambda: ask(port, "/healthz").status == 200, 10, "the next answer")
    assert capfd.readouterr().err == ""


def test_an_address_of_version_6_is_one_as_well():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with serving(lambda _: b"m 1\n", "::1") as port:
        connection = http.client.HTTPConnection("::1", port, timeout=10)
        connection.request("GET", "/metrics")
        assert connection.getresponse().read() == b"m 1\n"
        connection.close()
