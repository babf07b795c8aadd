"""The gateway's REST API answers as the contract says."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

import jwt
import pytest
import requests

from tests.june_calls import upload, wav
from tests.sim_process import Sim

TRANSCRIBE = "/api/v1/audio/transcribe"


def post(sim: Sim, path: str, **options: Any) -> requests.Response:
    return requests.post(sim.rest + path, timeout=10, **options)


def test_health_needs_no_token_and_names_its_checks(sim: Sim) -> None:
    answer = requests.get(f"{sim.rest}/health", timeout=5)
    body = answer.json()
    assert (answer.status_code, body["status"]) == (200, "healthy")
    assert body["checks"]["grpc_services"] is True
    assert datetime.fromisoformat(body["timestamp"]).tzinfo is None


def test_status_tells_service_version_and_connections(sim: Sim) -> None:
    body = requests.get(f"{sim.rest}/status", timeout=5).json()
    assert (body["service"], body["version"], body["active_connections"], body["uptime"]) == (
        "gateway",
        "0.2.0",
        0,
        "N/A",
    )


def test_a_token_is_given_to_any_user_id(sim: Sim) -> None:
    body = post(sim, "/auth/token", params={"user_id": "nobody-knows-me"}).json()
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert body["token_type"] == "bearer"
    assert (claims["sub"], claims["type"]) == ("nobody-knows-me", "access")
    assert claims["exp"] - claims["iat"] == 86_400


def test_two_tokens_of_one_user_differ(sim: Sim) -> None:
    assert post(sim, "/auth/token").json() != post(sim, "/auth/token").json()


@pytest.mark.parametrize(
    "message, fields",
    [
        ({"text": "hello"}, {"type": "response", "text": "Mock response to: hello"}),
        ({"type": "text", "text": "hello"}, {"type": "response", "text": "Mock response to: hello"}),
        ({"type": "audio"}, {"type": "transcription", "confidence": 0.95}),
        ({"type": "tts_request", "text": "x"}, {"type": "audio_response", "duration": 2.5}),
        ({"type": "dance"}, {"type": "error", "message": "Unknown message type: dance"}),
    ],
)
def test_chat_answers_each_type_with_status_200(
    sim: Sim, token: dict[str, str], message: dict[str, str], fields: dict[str, Any]
) -> None:
    answer = post(sim, "/chat", json=message, headers=token)
    body = answer.json()
    assert answer.status_code == 200
    assert body["timestamp"]
    assert {key: body[key] for key in fields} == fields


@pytest.mark.parametrize(
    "headers, detail",
    [
        ({}, "Not authenticated"),
        ({"Authorization": "Basic abc"}, "Not authenticated"),
        ({"Authorization": "Bearer abc"}, "Invalid token: Not enough segments"),
    ],
)
def test_chat_refuses_whoever_has_no_good_token(sim: Sim, headers: dict[str, str], detail: str) -> None:
    answer = post(sim, "/chat", json={"text": "hello"}, headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"detail": detail})
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_of_another_stand_in_is_refused(sim: Sim) -> None:
    foreign = jwt.encode({"sub": "ann", "exp": 4_000_000_000}, "k" * 64, algorithm="HS256")
    answer = post(sim, "/chat", json={}, headers={"Authorization": f"Bearer {foreign}"})
    assert (answer.status_code, answer.json()["detail"]) == (401, "Invalid token: Signature verification failed")


def test_the_llm_answers_each_prompt_in_its_own_way(sim: Sim) -> None:
    prompts = [f"tell me about harbour number {n}" for n in range(5)]
    texts = [post(sim, "/api/v1/llm/generate", json={"prompt": p}).json()["text"] for p in prompts]
    assert len(set(texts)) == len(prompts)
    assert all(len(text.split()) >= 5 for text in texts)
    assert post(sim, "/api/v1/llm/generate", json={"prompt": prompts[0]}).json()["text"] == texts[0]


@pytest.mark.parametrize(
    "body, kind",
    [
        ({}, "missing"),
        ({"prompt": ""}, "string_too_short"),
        ({"prompt": "  "}, "value_error"),
        ({"prompt": "x" * 100_001}, "string_too_long"),
        ({"prompt": 7}, "string_type"),
    ],
)
def test_a_bad_prompt_is_refused_and_echoed(sim: Sim, body: dict[str, Any], kind: str) -> None:
    answer = post(sim, "/api/v1/llm/generate", json=body)
    (fault,) = answer.json()["detail"]
    assert (answer.status_code, fault["type"], fault["loc"]) == (422, kind, ["body", "prompt"])
    assert fault["input"] == body.get("prompt", body)


def test_a_body_that_is_no_json_is_refused(sim: Sim) -> None:
    answer = post(sim, "/api/v1/llm/generate", data=b"{")
    assert (answer.status_code, answer.json()["detail"][0]["type"]) == (422, "json_invalid")


def test_speech_is_as_long_as_its_text(sim: Sim) -> None:
    def seconds(text: str) -> float:
        body = post(sim, "/api/v1/tts/speak", json={"text": text, "language": "en", "voice_id": "default"}).json()
        assert body["sample_rate"] == 16_000
        return len(base64.b64decode(body["audio_b64"])) / 32_000

    assert seconds("one two three four") == pytest.approx(2 * seconds("one two"))
    assert 0.1 < seconds("one") < 1


def test_speech_is_heard(sim: Sim) -> None:
    audio = base64.b64decode(post(sim, "/api/v1/tts/speak", json={"text": "hello there"}).json()["audio_b64"])
    samples = memoryview(audio).cast("h")
    assert max(samples) > 3000
    assert min(samples) < -3000


def test_a_language_that_is_none_is_refused(sim: Sim) -> None:
    assert post(sim, "/api/v1/tts/speak", json={"text": "x", "language": "english"}).status_code == 422


@pytest.mark.parametrize("seconds", [0.6, 3.0, 6.0])
def test_a_transcript_has_as_many_words_as_its_audio_has_room_for(sim: Sim, seconds: float) -> None:
    answer = post(sim, TRANSCRIBE, files=upload(wav(seconds)))
    body = answer.json()
    assert (answer.status_code, body["detected_language"]) == (200, "en")
    assert len(body["transcript"].split()) == round(seconds / 0.3)


@pytest.mark.parametrize("flag", ["true", "1", "yes", "on"])
def test_a_round_trip_answers_speech_with_speech(sim: Sim, flag: str) -> None:
    body = post(sim, TRANSCRIBE, params={"full_round_trip": flag}, files=upload(wav(1))).json()
    assert set(body) == {"transcript", "llm_response", "audio_data", "sample_rate", "detected_language"}
    spoken = len(base64.b64decode(body["audio_data"])) / 32_000
    assert spoken == pytest.approx(0.3 * len(body["llm_response"].split()), abs=0.01)


def test_a_form_field_does_not_ask_for_a_round_trip(sim: Sim) -> None:
    body = post(sim, TRANSCRIBE, files=upload(wav(1)), data={"full_round_trip": "true"}).json()
    assert set(body) == {"transcript", "detected_language"}


@pytest.mark.parametrize(
    "files, status",
    [
        (upload(b""), 400),
        (upload(wav(1), name="speech.txt"), 400),
        (upload(wav(1), name="..speech.wav"), 400),
        (upload(wav(1), content_type="application/octet-stream"), 400),
        (upload(wav(1), content_type=None), 400),
        ({"other": ("speech.wav", wav(1), "audio/wav")}, 422),
    ],
)
def test_an_upload_that_june_would_not_take_is_refused(sim: Sim, files: dict[str, Any], status: int) -> None:
    assert post(sim, TRANSCRIBE, files=files).status_code == status


@pytest.mark.parametrize(
    "method, path, status, detail",
    [("GET", "/nowhere", 404, "Not Found"), ("GET", "/chat", 405, "Method Not Allowed")],
)
def test_a_wrong_way_is_told_in_json(sim: Sim, method: str, path: str, status: int, detail: str) -> None:
    answer = requests.request(method, sim.rest + path, timeout=5)
    assert (answer.status_code, answer.json()) == (status, {"detail": detail})


def test_every_answer_carries_the_security_headers(sim: Sim) -> None:
    for path in ("/health", "/nowhere"):
        headers = requests.get(sim.rest + path, timeout=5).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"


def test_only_the_api_of_the_designed_profile_wants_a_token(sim: Sim, token: dict[str, str]) -> None:
    body = {"prompt": "hello"}
    assert post(sim, "/api/v1/llm/generate", json=body).status_code == 200
    sim.tell("profile", profile="designed")
    assert post(sim, "/api/v1/llm/generate", json=body).status_code == 401
    assert post(sim, "/api/v1/llm/generate", json=body, headers=token).status_code == 200
