"""The Plan: everything a run will do, decided before the first request.

All times are seconds from the start of the load unless a field says otherwise; the plan itself knows no clock.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from loadgen.model.measured import Measured, ResourceLimits

SCHEMA_VERSION = 1

TEST_TYPES = ("rest", "websocket", "grpc")
"""The protocols, in the order in which a mixed run deals out its users."""

WARMUP, STEADY, SPIKE, RECOVERY, COOLDOWN, FINISHED = "warmup", "steady", "spike", "recovery", "cooldown", "finished"
"""Phase names with a meaning of their own; ramp steps are `ramp-01`, `ramp-02`, ….

`cooldown` is the drain after the last stage, or after an early end of the load; operations that such an end cut off
belong to it, so that no criterion counts them. `finished` is entered only when a plan ran to its end and every worker
has delivered its last count: what can only be judged at the end (throughput, missing samples) waits for it.
"""

WEIGHTLESS = "its weight is 0"
"""Why an operation left the plan that the YAML itself switches off."""


class Stage(Struct, frozen=True, kw_only=True):
    """A straight piece of the load curve: users go linearly from `from_users` to `to_users` in [start, end)."""

    phase: str
    start: float
    end: float
    from_users: int
    to_users: int


class Phase(Struct, frozen=True, kw_only=True):
    """A named stretch [start, end) of the run; an operation belongs to the phase in which it was due.

    One that an early end of the load cut off belongs to COOLDOWN.
    """

    name: str
    start: float
    end: float
    judged: bool


class Expect(Struct, frozen=True, kw_only=True):
    """What counts as a good answer, beyond the protocol's own rules (an in-band error is never good)."""

    statuses: tuple[int, ...] = (200,)
    min_text: int = 1
    min_audio_seconds: float = 0.01
    rate_limited: bool = False
    """True: a 429 (RESOURCE_EXHAUSTED by a limiter) is an expected answer and no failure."""


class Operation(Struct, frozen=True, kw_only=True):
    """One thing a user does, as named in the YAML."""

    test_type: str
    name: str
    call: str
    """The protocol's call behind it, e.g. `chat`; several operations may share one."""
    weight: float
    """Share among the operations of its test type; 0: only when needed (token, connect)."""
    timeout: float
    judged: bool
    expect: Expect = Expect()
    params: dict[str, Any] = {}
    """The call's own settings, validated by its protocol."""


class ThinkTime(Struct, frozen=True, kw_only=True):
    """A user's pause after an answer, uniform in [low, high] seconds."""

    low: float
    high: float


class Secret(Struct, frozen=True, kw_only=True, tag="env"):
    """A value that stands in an environment variable; the plan holds its name only."""

    env: str
    prefix: str = ""
    """Put before the value, e.g. `Bearer `."""


class Literal(Struct, frozen=True, kw_only=True, tag="text"):
    """A header or metadata value that is no secret."""

    text: str


class Tls(Struct, frozen=True, kw_only=True):
    """TLS of a target: on or off per URL scheme and for gRPC; files are paths read by `run`."""

    grpc: bool = False
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None


class Postgres(Struct, frozen=True, kw_only=True):
    """PostgreSQL behind PgBouncer, started for the stand-in."""

    pool_size: int
    """Connections that PgBouncer's pool may have open."""
    max_connections: int
    """Connections that PostgreSQL takes at all."""


class Target(Struct, frozen=True, kw_only=True):
    """Where the load goes. Hosts stay names here; the address that was checked is in `addresses`."""

    name: str
    kind: str
    """`sim` (started by the run) or `june` (already running)."""
    rest: str
    """Base URL, e.g. `http://127.0.0.1:8000`."""
    websocket: str
    """Base URL, e.g. `ws://127.0.0.1:8000`."""
    llm: str
    stt: str
    tts: str
    """gRPC endpoints, `host:port`."""
    tls: Tls = Tls()
    headers: dict[str, Secret | Literal] = {}
    metadata: dict[str, Secret | Literal] = {}
    token: str = "fetch"
    """`fetch`: users get a token of their own at /auth/token and renew it; `none`: no token is sent."""
    identities: int = 0
    """Number of addresses over which users are spread in X-Forwarded-For; 0 sends no such header."""
    honour_retry_after: bool = False
    allow: tuple[str, ...] = ()
    """Hosts beside loopback to which load may go."""
    control: str | None = None
    """Base URL of the stand-in's control endpoint, when the target is one."""
    addresses: dict[str, str] = {}
    """Host name → the IP address that was checked and is connected to. Filled in by preflight."""
    options: dict[str, Any] = {}
    """The stand-in's own settings (profile, capacity, faults, …), passed to it as they are."""
    postgres: Postgres | None = None
    """The stand-in's database; None: a SQLite file of its own."""


class LengthDistribution(Struct, frozen=True, kw_only=True):
    """A lognormal length with the given median and 95th percentile, cut at [low, high]."""

    median: float
    p95: float
    low: float
    high: float


class Inputs(Struct, frozen=True, kw_only=True):
    """What is sent. Files win over the generator where they are given."""

    seed: int
    prompt_words: LengthDistribution
    speech_seconds: LengthDistribution
    speech_words: LengthDistribution
    """Words in a text that is to be spoken (TTS)."""
    prompts_file: str | None = None
    wav_folder: str | None = None
    wav_pool: int = 20
    """How many different WAVs the generator makes; each request picks one and varies its first samples."""


class Criterion(Struct, frozen=True, kw_only=True):
    """One acceptance criterion, resolved: what is counted, where, and against which bound."""

    id: str
    """`<kind>[:<test_type>[:<operation>]]`; of a kind that judges the whole run `<kind>:<what>`."""
    kind: str
    test_type: str
    """Empty for a kind that judges the whole run and no operations."""
    operations: tuple[str, ...]
    """Names of the operations that are counted."""
    phases: tuple[str, ...]
    """Names of the phases that are counted."""
    bound: float | None
    """latency: share of operations that may miss `seconds`; errors: share; throughput: operations per second, or None
    when no baseline was found; recovery: seconds; growth: by how much more in an hour; query: as it says itself."""
    minimum: int
    """Samples without which the line cannot pass."""
    options: dict[str, Any] = {}
    """The kind's own figures, e.g. latency's `seconds`; see the kind's file in `criteria/`."""


class AbortRule(Struct, frozen=True, kw_only=True):
    """When a criterion ends the load early, with the verdict FAIL."""

    criterion: str
    """Its id."""
    delay: float
    """Seconds for which its acceptance alert must have fired without a break."""
    minimum: int
    """Samples that it must have by then."""


class ValidityLimits(Struct, frozen=True, kw_only=True):
    """When a run cannot tell. Shares are in 0…1."""

    late_share: float
    """More than this share of operations begun later than `late_seconds` through the generator's fault."""
    late_seconds: float
    """5 % of the tightest latency bound; always an edge of loadtest_schedule_lag_seconds."""
    cpu_ratio: float
    """A worker above this share of a core …"""
    cpu_time_share: float
    """… for more than this share of the time."""
    users_share: float
    """Fewer than this share of the planned users running on a plateau."""
    scrape_gap_intervals: float
    """Something that a criterion needs unseen for more than so many scrape intervals."""


class Plan(Struct, frozen=True, kw_only=True):
    """What a run does. Compiled by `plan.compile_plan`; written to `plan.json` before the load starts."""

    schema_version: int = SCHEMA_VERSION
    run_id: str
    scenario: str
    purpose: str
    shape: str
    test_type: str
    """rest, websocket, grpc or all."""
    shares: dict[str, int]
    """Tenths of the users by test type; those absent take no part. They add up to 10."""
    time_scale: float
    users: int
    """The peak: so many users are spawned before the load starts."""
    duration: float
    """Seconds from the first to the end of the last stage; the drain comes on top."""
    drain: float
    """Seconds that operations in flight have to finish after the last stage."""
    stages: tuple[Stage, ...]
    phases: tuple[Phase, ...]
    operations: tuple[Operation, ...]
    think_times: dict[str, ThinkTime]
    """By test type."""
    criteria: tuple[Criterion, ...]
    validity: ValidityLimits
    target: Target
    inputs: Inputs
    percentiles: tuple[float, ...]
    """To report, in 0…1."""
    window: float
    """Seconds over which live rates and quantiles are taken."""
    edges: tuple[float, ...]
    """Finite bucket edges in seconds, ascending; `+Inf` follows."""
    edges_version: str
    workers: int
    scrape_interval: float
    failure_samples: int
    """How many failures of each operation and reason are kept with details."""
    abort_on: tuple[AbortRule, ...] = ()
    """The criteria by which the run stops itself, in the order of `criteria`."""
    measured: Measured = Measured()
    resources: ResourceLimits = ResourceLimits()
    log_requests: bool = False
    dropped: dict[str, str] = {}
    """Operations that left the plan because the target does not offer them: `test_type:name` → why."""
    notes: tuple[str, ...] = ()
    """Sentences that the user should read before the load starts."""

    def operations_of(self, test_type: str) -> tuple[Operation, ...]:
        """The operations of one test type, in the order of the YAML."""
        return tuple(o for o in self.operations if o.test_type == test_type)

    def phase_at(self, elapsed: float) -> str:
        """Name of the phase at `elapsed` seconds; `cooldown` after the last stage, the first phase before 0."""
        for phase in self.phases:
            if elapsed < phase.end:
                return phase.name
        return COOLDOWN

    @property
    def test_types(self) -> tuple[str, ...]:
        """The test types that take part, in the order of TEST_TYPES."""
        return tuple(t for t in TEST_TYPES if t in self.shares)
