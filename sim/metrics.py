"""The stand-in's /metrics: June's names, its own `sim_*` gauges and its pool's, in a registry of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from sim.june import June

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """June's counters and histograms."""

    def __init__(self) -> None:
        prometheus_client.disable_created_metrics()
        self._registry = CollectorRegistry()
        self._gateway()
        self._services()

    def _gateway(self) -> None:
        in_ = self._registry
        self.gateway_requests = Counter(
            "gateway_requests_total", "Requests.", ("method", "endpoint", "status"), registry=in_
        )
        self.gateway_duration = Histogram("gateway_request_duration_seconds", "Time of a request.", registry=in_)
        self.gateway_connections = Gauge("gateway_active_connections", "Open WebSocket connections.", registry=in_)
        self.rate_limit_hits = Counter("gateway_rate_limit_hits_total", "Requests refused.", registry=in_)

    def _services(self) -> None:
        in_ = self._registry
        self.requests = {
            "llm": Counter("inference_requests_total", "LLM requests.", ("method", "status"), registry=in_),
            "stt": Counter("stt_requests_total", "STT requests.", ("method", "status"), registry=in_),
            "tts": Counter("tts_requests_total", "TTS requests.", ("status",), registry=in_),
        }
        self.duration = {
            "llm": Histogram("inference_request_duration_seconds", "LLM time, with the queue.", registry=in_),
            "stt": Histogram("stt_request_duration_seconds", "STT time, with the queue.", registry=in_),
        }
        self.work_duration = {
            "stt": Histogram("stt_transcription_time_seconds", "STT time in its slot.", registry=in_),
            "tts": Histogram("tts_synthesis_time_seconds", "TTS time in its slot.", registry=in_),
        }
        self.errors = {
            "llm": Counter("inference_errors_total", "LLM errors.", ("error_type",), registry=in_),
            "stt": Counter("stt_errors_total", "STT errors.", ("error_type",), registry=in_),
            "tts": Counter("tts_errors_total", "TTS errors.", ("error_type",), registry=in_),
        }
        self.tokens = Counter("inference_tokens_total", "Tokens generated.", ("model",), registry=in_)
        self.audio_heard = Histogram("stt_audio_processing_seconds", "Length of audio to recognise.", registry=in_)
        self.audio_spoken = Histogram("tts_audio_duration_seconds", "Length of audio synthesised.", registry=in_)

    def observe(self, june: June) -> None:
        """Show, at each scrape, the slots and the pool as they are then."""
        self._registry.register(_State(june))
        june.database.observe(self._registry)

    def served(self, service: str, method: str, status: str, queued_and_worked: float, worked: float) -> None:
        """Count a piece of work of a service. Seconds from its arrival, and in its slot."""
        labels = (status,) if service == "tts" else (method, status)
        self.requests[service].labels(*labels).inc()
        if service in self.duration:
            self.duration[service].observe(queued_and_worked)
        if service in self.work_duration:
            self.work_duration[service].observe(worked)

    def failed(self, service: str, method: str, error_type: str) -> None:
        """Count a piece of work that failed."""
        labels = ("error",) if service == "tts" else (method, "error")
        self.requests[service].labels(*labels).inc()
        self.errors[service].labels(error_type).inc()

    def text(self) -> bytes:
        """The exposition."""
        return generate_latest(self._registry)


class _State(Collector):
    """What is read when asked: slots and queues."""

    def __init__(self, june: June) -> None:
        self._june = june

    def describe(self) -> list[Metric]:
        """Nothing to check for duplicates in a registry of our own."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The gauges of this moment."""
        slots = self._june.services.slots
        yield _gauge("sim_service_slots_in_use", "Slots in use.", "service", {s: v.in_use for s, v in slots.items()})
        yield _gauge("sim_service_slots_limit", "Slots there are.", "service", {s: v.limit for s, v in slots.items()})
        yield _gauge("sim_service_queue", "Calls waiting for one.", "service", {s: v.queue for s, v in slots.items()})
        for service, prefix in (("llm", "inference"), ("stt", "stt"), ("tts", "tts")):
            busy = slots[service].in_use + slots[service].queue
            yield GaugeMetricFamily(f"{prefix}_active_connections", "Calls being served or waiting.", value=busy)


def _gauge(name: str, help_: str, label: str, values: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_, labels=(label,))
    for value, number in values.items():
        family.add_metric((value,), number)
    return family
