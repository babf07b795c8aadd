"""The gateway's REST API."""

from __future__ import annotations

from base64 import b64encode

from aiohttp import web

from sim.bodies import MOST_AUDIO, json_object, language_in, language_of, text_in, uploaded_audio
from sim.chat import chat_reply
from sim.metrics import CONTENT_TYPE
from sim.operations import BY_KEY
from sim.rest import CONVERSATION, JUNE, failed, reply, serve, wants_round_trip
from sim.speech import SAMPLE_RATE
from sim.tokens import timestamp
from sim.websocket import converse, refuse_nameless

MAX_TOKENS = 128
"""What the gateway asks of the LLM."""

_LONGEST_PROMPT = 100_000
_LONGEST_SPEECH = 50_000

_TOKEN = BY_KEY["rest:token"]
_CHAT = BY_KEY["rest:chat"]
_GENERATE = BY_KEY["rest:llm_generate"]
_SPEAK = BY_KEY["rest:tts_speak"]
_TRANSCRIBE = BY_KEY["rest:transcribe"]
_ROUND_TRIP = BY_KEY["rest:round_trip"]


def routes() -> list[web.RouteDef]:
    """Every path. A route's name is its operation's call, so that the way there knows what is asked."""
    return [
        web.get("/health", health, name="health"),
        web.get("/status", status, name="status"),
        web.get("/metrics", metrics),
        web.post("/auth/token", token, name="token"),
        web.post("/chat", chat, name="chat"),
        web.post("/api/v1/llm/generate", llm_generate, name="llm_generate"),
        web.post("/api/v1/tts/speak", tts_speak, name="tts_speak"),
        web.post("/api/v1/audio/transcribe", transcribe, name="transcribe"),
        web.get("/ws", refuse_nameless),
        web.get("/ws/{user_id}", converse, name=CONVERSATION),
    ]


def application() -> web.Application:
    """The app, still without its June."""
    app = web.Application(middlewares=[serve], client_max_size=MOST_AUDIO + 1_048_576)
    app.add_routes(routes())
    return app


async def health(_: web.Request) -> web.Response:
    """Healthy as long as it answers: the gateway's look at its backends is a stub."""
    return reply(
        {"status": "healthy", "checks": {"nats": True, "grpc_services": True}, "timestamp": timestamp()},
    )


async def status(request: web.Request) -> web.Response:
    """Name, version and open WebSockets."""
    return reply(
        {
            "service": "gateway",
            "version": "0.2.0",
            "active_connections": request.app[JUNE].connections,
            "uptime": "N/A",
            "timestamp": timestamp(),
        }
    )


async def metrics(request: web.Request) -> web.Response:
    """Prometheus' text."""
    return web.Response(body=request.app[JUNE].metrics.text(), headers={"Content-Type": CONTENT_TYPE})


async def token(request: web.Request) -> web.Response:
    """A token for any user id; one look-up in the database."""
    june = request.app[JUNE]
    user_id = request.query.get("user_id", "default")
    roles = await june.database.roles_of(user_id)
    return reply({"access_token": june.tokens.issue(user_id, roles), "token_type": "bearer"})


async def chat(request: web.Request) -> web.Response:
    """A mocked reply; the only hot path that always wants a token."""
    june = request.app[JUNE]
    user_id = june.tokens.user_of(request.headers.get("Authorization"))
    body = await json_object(request)
    await june.mock(_CHAT)
    answer = chat_reply(body)
    await june.database.store(user_id, _CHAT.key, request.content_length or 0, len(answer.text))
    response = reply(answer.body)
    return failed(response) if answer.failed else response


async def llm_generate(request: web.Request) -> web.Response:
    """The LLM's answer to a prompt."""
    user_id = _api_user(request)
    prompt = text_in(await json_object(request), "prompt", _LONGEST_PROMPT)
    june = request.app[JUNE]
    text = " ".join(await june.generate(_GENERATE, prompt, MAX_TOKENS))
    await june.database.store(user_id, _GENERATE.key, len(prompt), len(text))
    return reply({"text": text})


async def tts_speak(request: web.Request) -> web.Response:
    """A text as PCM16 in base64."""
    user_id = _api_user(request)
    body = await json_object(request)
    text = text_in(body, "text", _LONGEST_SPEECH)
    language_in(body)
    text_in(body, "voice_id", 100, default="default")
    june = request.app[JUNE]
    audio = await june.speak(_SPEAK, text)
    await june.database.store(user_id, _SPEAK.key, len(text), len(audio))
    return reply({"audio_b64": b64encode(audio).decode(), "sample_rate": SAMPLE_RATE})


async def transcribe(request: web.Request) -> web.Response:
    """The words in an audio file; with full_round_trip the LLM's answer to them, spoken."""
    user_id = _api_user(request)
    language = language_of(request)
    audio = await uploaded_audio(request)
    if wants_round_trip(request):
        return await _round_trip(request, user_id, language, audio)
    june = request.app[JUNE]
    transcript = " ".join(await june.recognise(_TRANSCRIBE, audio, SAMPLE_RATE))
    await june.database.store(user_id, _TRANSCRIBE.key, len(audio), len(transcript))
    return reply({"transcript": transcript, "detected_language": language})


async def _round_trip(request: web.Request, user_id: str, language: str, audio: bytes) -> web.Response:
    june = request.app[JUNE]
    transcript = " ".join(await june.recognise(_ROUND_TRIP, audio, SAMPLE_RATE))
    answer = " ".join(await june.generate(_ROUND_TRIP, transcript, MAX_TOKENS))
    spoken = await june.speak(_ROUND_TRIP, answer)
    await june.database.store(user_id, _ROUND_TRIP.key, len(audio), len(spoken))
    return reply(
        {
            "transcript": transcript,
            "llm_response": answer,
            "audio_data": b64encode(spoken).decode(),
            "sample_rate": SAMPLE_RATE,
            "detected_language": language,
        }
    )


def _api_user(request: web.Request) -> str:
    """The user by the token where the profile wants one; else nobody asks."""
    june = request.app[JUNE]
    if not june.profile.api_needs_token:
        return "anonymous"
    return june.tokens.user_of(request.headers.get("Authorization"))
