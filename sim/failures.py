"""What goes wrong on purpose, or is refused: one exception for each, turned into an answer by each protocol."""

from __future__ import annotations


class Refusal(Exception):
    """A request that is not served: `status` is the HTTP status, `detail` its JSON `detail` (text or a list)."""

    def __init__(self, status: int, detail: object, headers: dict[str, str] | None = None) -> None:
        super().__init__(str(detail))
        self.status = status
        self.detail = detail
        self.headers = headers or {}


class InjectedError(Refusal):
    """An error that a fault ordered. `in_band`: to be told inside a good status."""

    def __init__(self, status: int, in_band: bool) -> None:
        super().__init__(status, "injected fault")
        self.in_band = in_band


class BackendDown(Exception):
    """The service behind a call is down. `service` is llm, stt or tts."""

    def __init__(self, service: str) -> None:
        super().__init__(f"{service} is not available")
        self.service = service


class StartFailure(Exception):
    """The stand-in cannot start: a port is taken, the database does not answer. One line for the user."""
