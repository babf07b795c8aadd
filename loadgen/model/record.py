"""The RunRecord: what happened, as far as the orchestrator and the generators know it."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

SCHEMA_VERSION = 1

COMPLETED, ABORTED, INTERRUPTED = "completed", "aborted", "interrupted"
ENVIRONMENT, CONFIGURATION = UNSENT = "environment", "configuration"
"""How a run ended; of UNSENT no load was sent."""


class Count(Struct, frozen=True, kw_only=True):
    """How often an operation was finished, and how often it failed, in somebody's books."""

    test_type: str
    name: str
    requests: int
    failures: int


class Event(Struct, frozen=True, kw_only=True):
    """Something that happened during the run. `at`: Unix seconds. `kind` is one of EVENT_KINDS."""

    at: float
    kind: str
    text: str


EVENT_KINDS = (
    "worker_lost",
    "master_lost",
    "prometheus_lost",
    "telemetry_lost",
    "exporter_lost",
    "target_lost",
    "aborted",
    "note",
)


class RunRecord(Struct, frozen=True, kw_only=True):
    """What the run left behind beside Prometheus' series; written to `run.json`."""

    schema_version: int = SCHEMA_VERSION
    run_id: str
    version: str
    commit: str
    started: float | None
    """Unix seconds at which the plan's clock stood at 0; None when no load was sent."""
    ended: float | None
    """Unix seconds at which the last operation had ended or had been given up."""
    final_scrape: float | None
    """Unix seconds of a scrape that is certain to hold the last count; None when there is none."""
    outcome: str
    """completed · aborted (by one of our own checks, or because a part of the instrument was lost) · interrupted (by a
    signal) · environment (no load was sent) · configuration (likewise, for an expression that Prometheus itself did not
    take)."""
    aborted_by: str | None = None
    """Id of the criterion that stopped the run, and the event `aborted` says when; None when none did."""
    exit_signal: int | None = None
    """2 or 15 when interrupted."""
    events: tuple[Event, ...] = ()
    locust: tuple[Count, ...] | None = None
    """Locust's own final counts; None when they are missing."""
    workers: tuple[Count, ...] | None = None
    """The sum of the workers' own counters, read after the last operation."""
    target: tuple[Count, ...] | None = None
    """What the stand-in says it answered; None for a target that does not say. Its failures are what it answered
    with an error."""
    environment: dict[str, Any] = {}
    """Versions, host, CPUs, memory; for the reader."""
    prometheus: dict[str, Any] = {}
    """url, version, data directory, started_by_us."""
