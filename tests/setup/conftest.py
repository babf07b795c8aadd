"""Fixtures of the set-up's tests."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.setup.release_host import Shelf


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    server = Shelf()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
