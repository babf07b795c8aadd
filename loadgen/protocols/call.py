"""What every protocol offers: its calls, and the judgement of an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from loadgen.model.settings import Settings

FIRST_MESSAGE, GAPS, REALTIME_FACTOR, TOKENS, AUDIO_SECONDS = (
    "first_message",
    "gaps",
    "realtime_factor",
    "tokens",
    "audio_seconds",
)
"""What a call may declare in `measures`, named as the fields of an Outcome (`tokens` stands for both directions)."""

NOTHING, PROMPT, SPEECH_TEXT, SPEECH = "nothing", "prompt", "speech_text", "speech"
"""What a call needs from the inputs: a text to think about, a text to be spoken, or spoken audio."""

STATUSES, MIN_TEXT, MIN_AUDIO, RATE_LIMITED = "statuses", "min_text", "min_audio", "rate_limited"
"""What a call may declare in `expects`, named as the keys of `expect:` in the YAML."""


class Call(Struct, frozen=True, kw_only=True):
    """One thing that a protocol can be asked to do. Both functions are pure.

    `build` makes what is sent from an input and the validated `params`; `judge` decides what the answer is worth.
    Their arguments differ by protocol and are described in its file.
    """

    test_type: str
    name: str
    build: Callable[..., Any]
    judge: Callable[..., Judgement]
    params: type[Settings] | None = None
    """The call's own settings in the YAML; None: it has none."""
    judged: bool = True
    """Whether its operations are judged by default."""
    needs: str = NOTHING
    measures: frozenset[str] = frozenset()
    expects: frozenset[str] = frozenset()
    """The expectations that `judge` looks at (STATUSES, MIN_TEXT, …); the others have no effect on this call."""

    def read_params(self, params: dict[str, Any]) -> Any:
        """The settings as the call's own model, defaults filled in; None when it has none. Raises ValidationError."""
        return None if self.params is None else self.params.model_validate(params)


class Judgement(Struct, frozen=True, kw_only=True):
    """What an answer is worth. `reason` is None for a good one, else one of model.outcome.REASONS."""

    reason: str | None = None
    status: str = ""
    message: str = ""
    excerpt: str = ""
    """A piece of the answer as it came; secrets are taken out where it is written."""
    tokens_in: int = 0
    tokens_out: int = 0
    audio_seconds: float = 0.0
    retry_after: float | None = None


EXCERPT_RAW = 4096
"""Bytes of an answer that are looked at for an excerpt."""


def failed(reason: str, status: str, message: str, answer: bytes | str = "", **more: Any) -> Judgement:
    """A bad answer; `answer` is what came."""
    piece = answer[:EXCERPT_RAW]
    excerpt = piece.decode(errors="replace") if isinstance(piece, bytes) else piece
    return Judgement(reason=reason, status=status, message=message, excerpt=excerpt, **more)


def too_short(text: str, least: int) -> str | None:
    """Why a text is no answer; None when it has at least `least` characters beside blanks."""
    length = len(text.strip())
    return None if length >= least else f"{length} characters of text where {least} or more are due"


def too_brief(seconds: float, least: float) -> str | None:
    """Why a sound is no answer; None when it lasts at least `least` seconds (and is not empty)."""
    if seconds > 0 and seconds >= least:
        return None
    return f"{seconds:.3f} s of audio where {least:g} s or more are due"
