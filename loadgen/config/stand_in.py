"""The settings of the stand-in June, as they stand under `options:` of a target of kind sim.

They become its command line: `error_rate: 10%` here is `--error-rate 0.1` there.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from loadgen.config import values
from loadgen.model.plan import TEST_TYPES
from loadgen.model.quantities import Duration, Share
from loadgen.model.settings import Settings
from loadgen.protocols.registry import CALLS

Service = Literal["llm", "stt", "tts"]
Slots = Annotated[int, Field(ge=1, le=100_000)]
Delay = Annotated[Duration, Field(le=3600)]
Quota = Annotated[int, Field(ge=0, le=2**31)]
Variable = Annotated[str, AfterValidator(values.environment_name)]


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
    dsn_env: Variable | None = None
    pool_size: Annotated[int, Field(ge=1, le=10_000)] = 5
    pool_timeout: Duration = 30.0
    record: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    """A file for the time of every request, for measuring the generator's own error."""


def passed_on(options: SimOptions) -> dict[str, Any]:
    """The settings that stand in the YAML, as the stand-in's command line has them: seconds, shares, `llm,stt`."""
    found = options.model_dump(exclude_unset=True)
    if "down" in found:
        found["down"] = ",".join(found["down"])
    return found
