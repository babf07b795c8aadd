"""The settings of the stand-in June, as they stand under `options:` of a target of kind sim.

They become its command line: `error_rate: 10%` here is `--error-rate 0.1` there.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from loadgen.config import values
from loadgen.model.plan import TEST_TYPES, Postgres
from loadgen.model.quantities import SIZE_FORM, Duration, Share, bytes_of
from loadgen.model.settings import Settings
from loadgen.protocols.registry import CALLS

OTHERS = 8
"""Connections beside the pool's: PostgreSQL keeps three for its superuser, the exporter needs one or two."""

Service = Literal["llm", "stt", "tts"]
Slots = Annotated[int, Field(ge=1, le=100_000)]
Delay = Annotated[Duration, Field(le=3600)]
Quota = Annotated[int, Field(ge=0, le=2**31)]
Variable = Annotated[str, AfterValidator(values.environment_name)]


def _leak(value: object) -> int:
    """Whole bytes. ValueError for what is no size or too much."""
    size = bytes_of(value)
    if size > 2**30:
        raise ValueError(f"{SIZE_FORM}, from 0 to 1GiB")
    return round(size)


def _operation(value: str) -> str:
    """What a fault hits. ValueError for what there is not."""
    names = (*TEST_TYPES, *(f"{test_type}:{call}" for test_type, calls in CALLS.items() for call in calls))
    if value not in names:
        near = get_close_matches(value, names, n=1) or ["rest:chat"]
        raise ValueError(f"{', '.join(TEST_TYPES)}, or a call such as {near[0]}")
    return value


class Capacity(Settings):
    """Calls that each service works on at the same time."""

    llm: Slots | None = None
    stt: Slots | None = None
    tts: Slots | None = None


class ServiceTimes(Settings):
    """Mean seconds of each kind of work."""

    llm: Delay | None = None
    embed: Delay | None = None
    stt: Delay | None = None
    tts: Delay | None = None
    mock: Delay | None = None


class Fault(Settings):
    """What is to go wrong: with one call (`rest:chat`), one test type, or everything."""

    operation: Annotated[str, AfterValidator(_operation)] | None = None
    latency: Delay = 0.0
    error_rate: Share = 0.0
    error_every: Quota = 0
    in_band: bool = False
    status: Annotated[int, Field(ge=400, le=599)] = 500


class SimOptions(Settings):
    """Everything that the stand-in can be told at its start, beside its ports."""

    profile: Literal["default", "designed", "as-built"] = "default"
    seed: Quota = 1
    capacity: Capacity = Capacity()
    service_times: ServiceTimes = ServiceTimes()
    spread: Annotated[float, Field(ge=0, le=100)] = 0.3
    token_lifetime: Duration = 86_400.0
    latency: Delay = 0.0
    error_rate: Share = 0.0
    error_every: Quota = 0
    in_band: bool = False
    faults: list[Fault] = Field(default_factory=list)
    freeze: Delay = 0.0
    freeze_after: Duration = 0.0
    down: list[Service] = Field(default_factory=list)
    query_time: Delay = 0.0
    """For which the transaction of each conversation holds its connection."""
    cpu_time: Annotated[Duration, Field(le=10)] = 0.0
    """Of the one thread that serves everybody, for each operation."""
    leak_memory: Annotated[int, BeforeValidator(_leak)] = 0
    """Bytes that each operation keeps for ever."""
    leak_descriptors: Annotated[int, Field(ge=0, le=100)] = 0
    dsn_env: Variable | None = None
    pool_size: Annotated[int, Field(ge=1, le=10_000)] = 5
    pool_timeout: Duration = 30.0
    record: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    """A file for the time of every request, for measuring the generator's own error."""


class PostgresSettings(Settings):
    """PostgreSQL behind PgBouncer, started with the stand-in and for it."""

    pool_size: Annotated[int, Field(ge=1, le=1000)] = 20
    """Connections that PgBouncer's pool may have open; who comes then waits there."""
    max_connections: Annotated[int, Field(ge=10, le=2000)] = 100
    """Connections that PostgreSQL takes at all."""

    @model_validator(mode="after")
    def _room(self) -> PostgresSettings:
        if self.pool_size + OTHERS > self.max_connections:
            raise ValueError(f"max_connections of at least pool_size + {OTHERS}, for those who look and administrate")
        return self

    def record(self) -> Postgres:
        """As the plan holds it."""
        return Postgres(pool_size=self.pool_size, max_connections=self.max_connections)


def passed_on(options: SimOptions) -> dict[str, Any]:
    """The settings that stand in the YAML, as the stand-in's command line has them: seconds, shares, `llm,stt`."""
    found = options.model_dump(exclude_unset=True)
    if "down" in found:
        found["down"] = ",".join(found["down"])
    return found
