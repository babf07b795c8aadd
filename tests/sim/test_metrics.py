"""/metrics carries June's names and the stand-in's own state."""

from __future__ import annotations

import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.june_calls import GENERATE, prompt, unary
from tests.sim_process import Sim

JUNES = {
    "gateway_requests",
    "gateway_request_duration_seconds",
    "gateway_active_connections",
    "gateway_rate_limit_hits",
    "inference_requests",
    "inference_request_duration_seconds",
    "inference_tokens",
    "inference_active_connections",
    "inference_errors",
    "stt_requests",
    "stt_request_duration_seconds",
    "stt_transcription_time_seconds",
    "stt_audio_processing_seconds",
    "stt_active_connections",
    "stt_errors",
    "tts_requests",
    "tts_synthesis_time_seconds",
    "tts_audio_duration_seconds",
    "tts_active_connections",
    "tts_errors",
}


def scrape(sim: Sim) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Sample name → labels → value."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(requests.get(f"{sim.rest}/metrics", timeout=5).text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
        found.setdefault(family.name, {})
    return found


def test_junes_names_are_there(sim: Sim) -> None:
    assert set(scrape(sim)) >= JUNES


def test_requests_are_counted_by_method_path_and_status(sim: Sim) -> None:
    key = (("endpoint", "/status"), ("method", "GET"), ("status", "200"))
    before = scrape(sim).get("gateway_requests_total", {}).get(key, 0)
    requests.get(f"{sim.rest}/status", timeout=5)
    assert scrape(sim)["gateway_requests_total"][key] == before + 1


def test_paths_that_are_unknown_share_one_label(sim: Sim) -> None:
    for n in range(3):
        requests.get(f"{sim.rest}/nowhere/{n}", timeout=5)
    endpoints = {dict(labels)["endpoint"] for labels in scrape(sim)["gateway_requests_total"]}
    assert not any("nowhere" in endpoint for endpoint in endpoints)


def test_as_built_a_plain_failure_is_not_counted(sim: Sim) -> None:
    sim.tell("profile", profile="as-built")
    sim.tell("faults", operation="rest:tts_speak", error_every=1)
    before = scrape(sim).get("gateway_requests_total", {})
    answer = requests.post(f"{sim.rest}/api/v1/tts/speak", json={"text": "x"}, timeout=5)
    after = scrape(sim)["gateway_requests_total"]
    assert answer.status_code == 500
    speak = (("endpoint", "/api/v1/tts/speak"), ("method", "POST"), ("status", "500"))
    assert after.get(speak) == before.get(speak)


def test_direct_calls_and_the_gateways_are_counted_by_the_service(sim: Sim) -> None:
    key = (("method", "Generate"), ("status", "success"))
    before = scrape(sim).get("inference_requests_total", {}).get(key, 0)
    unary(sim, GENERATE, prompt())
    requests.post(f"{sim.rest}/api/v1/llm/generate", json={"prompt": "x"}, timeout=5)
    assert scrape(sim)["inference_requests_total"][key] == before + 2


def test_a_backend_that_is_down_is_an_error_of_the_service(sim: Sim) -> None:
    key = (("error_type", "unavailable"),)
    before = scrape(sim).get("tts_errors_total", {}).get(key, 0)
    sim.tell("backends", tts="down")
    requests.post(f"{sim.rest}/api/v1/tts/speak", json={"text": "x"}, timeout=5)
    assert scrape(sim)["tts_errors_total"][key] == before + 1


def test_slots_and_pool_are_shown_as_they_are(sim: Sim) -> None:
    sim.tell("capacity", llm=3)
    seen = scrape(sim)
    llm = (("service", "llm"),)
    assert seen["sim_service_slots_limit"][llm] == 3
    assert seen["sim_service_slots_in_use"][llm] == seen["sim_service_queue"][llm] == 0
    assert seen["db_client_connection_max"] == {(("db_client_connection_pool_name", "june"),): 5}
    states = {dict(labels)["db_client_connection_state"] for labels in seen["db_client_connection_count"]}
    assert states == {"idle", "used"}


def test_the_pool_counts_every_time_that_somebody_had_a_connection(sim: Sim) -> None:
    pool = (("db_client_connection_pool_name", "june"),)
    before = scrape(sim)
    requests.post(f"{sim.rest}/api/v1/tts/speak", json={"text": "x"}, timeout=5)
    after = scrape(sim)
    for name in ("db_client_connection_wait_time_seconds_count", "db_client_connection_use_time_seconds_count"):
        assert after[name][pool] == before[name][pool] + 1
    assert after["db_client_connection_timeouts_total"][pool] == 0
