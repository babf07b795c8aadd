"""How June behaves beyond its answers: what is demanded, limited, offered, and how it fails."""

from __future__ import annotations

from msgspec import Struct


class Profile(Struct, frozen=True, kw_only=True):
    """One way of being June."""

    name: str
    api_needs_token: bool = False
    """A Bearer token on /api/v1/* too; /chat always wants one."""
    limiter: bool = False
    limit_after_work: bool = False
    """A refused request is served first and its answer thrown away."""
    plain_failures: bool = False
    """A failure is a plain-text 500 that the gateway's own metrics do not count; else JSON."""
    stall: float = 0.0
    """Seconds that the gateway hangs before it gives up on a backend that is down."""
    serial_tts: bool = False
    """One synthesis at a time, whatever the capacity says."""
    missing: frozenset[str] = frozenset()
    """gRPC methods that are not offered, as `/package.Service/Method`."""


PROFILES = {
    p.name: p
    for p in (
        Profile(name="default"),
        Profile(name="designed", api_needs_token=True, limiter=True),
        Profile(
            name="as-built",
            limiter=True,
            limit_after_work=True,
            plain_failures=True,
            stall=5.01,
            serial_tts=True,
            missing=frozenset(
                {
                    "/june.llm.LLMInference/Embed",
                    "/june.llm.LLMInference/HealthCheck",
                    "/june.asr.SpeechToText/RecognizeStream",
                    "/june.asr.SpeechToText/HealthCheck",
                    "/june.tts.TextToSpeech/SynthesizeStream",
                    "/june.tts.TextToSpeech/HealthCheck",
                }
            ),
        ),
    )
}
