"""What the client makes of servers, good and bad."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from loadgen.query.client import Prometheus, PrometheusFault, moment
from tests.prometheus_process import RunningPrometheus, free_port

Serve = Callable[[int, bytes], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server that answers everything alike; gives its URL."""
    servers: list[ThreadingHTTPServer] = []

    def start(status: int, body: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(status)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST  # noqa: N815 - the base class looks for this name

            def log_message(self, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}/prefix/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("url", ["127.0.0.1:9090", "ftp://localhost", "http://", ""])
def test_what_is_no_url_is_refused(url: str):
    with pytest.raises(ValueError, match="is not the URL of a Prometheus"):
        Prometheus(url)


def test_nobody_listening_is_said_with_the_address():
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(PrometheusFault, match=f"no Prometheus listens at {url}") as caught:
        Prometheus(url, patience=0).instant("up", 0)
    assert not caught.value.reached


def test_a_refused_connection_is_tried_again_for_a_while():
    port = free_port()
    client = Prometheus(f"http://127.0.0.1:{port}", patience=20)
    answers: list[bool] = []
    asking = threading.Thread(target=lambda: answers.append(client.ready()))
    asking.start()
    with socket.create_server(("127.0.0.1", port)) as late:
        connection, _ = late.accept()
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        asking.join(timeout=20)
        connection.close()
    assert answers == [True]


def test_silence_ends_with_the_timeout():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        client = Prometheus(f"http://127.0.0.1:{mute.getsockname()[1]}", timeout=0.2)
        with pytest.raises(PrometheusFault, match=r"gave no answer within 0\.2 s") as caught:
            client.rules()
    assert caught.value.reached


def test_a_server_that_hangs_up_is_not_reached():
    with socket.create_server(("127.0.0.1", 0)) as rude:
        hang_up = threading.Thread(target=_accept_and_close, args=(rude,))
        hang_up.start()
        with pytest.raises(PrometheusFault, match="cannot be asked"):
            Prometheus(f"http://127.0.0.1:{rude.getsockname()[1]}").rules()
        hang_up.join(timeout=5)


def _accept_and_close(server: socket.socket) -> None:
    connection, _ = server.accept()
    connection.close()


@pytest.mark.parametrize(
    "status, body, says",
    [
        (400, b'{"status":"error","errorType":"bad_data","error":"parse error: unexpected )"}', "400: parse error"),
        (503, b'{"status":"error","error":"query timed out"}', "503: query timed out"),
        (200, b"<html>welcome</html>", "no answer of a Prometheus: '<html>welcome</html>'"),
        (200, b"[]", "no answer of a Prometheus"),
        (302, b"", "answers 302"),
        (500, b"\xff\xfe", "answers 500"),
    ],
)
def test_a_bad_answer_is_quoted(serve: Serve, status: int, body: bytes, says: str):
    with pytest.raises(PrometheusFault, match=says):
        Prometheus(serve(status, body)).instant("up", 0)


def test_warnings_are_kept(serve: Serve):
    url = serve(200, b'{"status":"success","data":{"result":[]},"warnings":["remote read failed"]}')
    assert Prometheus(url).instant("up", 0).warnings == ("remote read failed",)


def test_a_server_that_still_starts_is_not_ready(serve: Serve):
    assert not Prometheus(serve(503, b"Service Unavailable")).ready()
    assert not Prometheus(f"http://127.0.0.1:{free_port()}", patience=0).ready()


def test_a_reload_that_is_refused_is_an_error(serve: Serve):
    with pytest.raises(PrometheusFault, match="Lifecycle API is not enabled"):
        Prometheus(serve(403, b"Lifecycle API is not enabled.")).reload()


def test_a_moment_is_never_rounded_to_before_a_sample():
    assert moment(1_700_000_000.1234) == "1700000000.124"
    assert moment(1_700_000_000.123) == "1700000000.123"


def test_a_real_prometheus_answers(prometheus: RunningPrometheus):
    client = prometheus.client
    assert client.ready()
    assert client.version().count(".") == 2
    assert client.instant("vector(7)", 1000.0).data["result"][0]["value"] == [1000, "7"]
    values = client.range("vector(7)", 1000, 1002, 0.5).data["result"][0]["values"]
    assert [at for at, _ in values] == [1000, 1000.5, 1001, 1001.5, 1002]
    with pytest.raises(PrometheusFault, match=r"answers 400: .*parse error"):
        client.instant("sum(", 0)


def test_a_real_prometheus_names_its_targets(recorded: object, prometheus: RunningPrometheus):
    assert {t["labels"]["job"] for t in prometheus.client.targets()} == {"loadtest"}
