"""The blocks of the YAML and what each value may be. What depends on more than one block stands in `checks`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, model_validator

from loadgen.config import values
from loadgen.config.measure import MeasureSettings
from loadgen.config.stand_in import PostgresSettings, SimOptions
from loadgen.model.plan import LengthDistribution, Secret
from loadgen.model.plan import Literal as Text
from loadgen.model.quantities import Duration, Share
from loadgen.model.settings import Name, Settings
from loadgen.protocols.identity import ADDRESSES

Count = Annotated[int, Field(ge=0)]
Positive = Annotated[Duration, Field(gt=0)]
FolderName = Annotated[str, AfterValidator(values.folder_name)]
Sentence = Annotated[str, AfterValidator(values.sentence)]
FilePath = Annotated[str, Field(min_length=1, max_length=4096)]
RestUrl = Annotated[str, AfterValidator(values.rest_url)]
WebsocketUrl = Annotated[str, AfterValidator(values.websocket_url)]
Endpoint = Annotated[str, AfterValidator(values.endpoint)]
Value = Annotated[Secret | Text, PlainValidator(values.secret_or_text)]
Headers = dict[Annotated[str, AfterValidator(values.header_name)], Value]
Metadata = dict[Annotated[str, AfterValidator(values.metadata_name)], Value]
Hosts = Annotated[tuple[Annotated[str, AfterValidator(values.allowed_host)], ...], Field(strict=False)]
Percentiles = Annotated[
    tuple[Annotated[Share, Field(gt=0, lt=1)], ...], Field(strict=False, min_length=1, max_length=20)
]
Statuses = Annotated[tuple[Annotated[int, Field(ge=100, le=599)], ...], Field(strict=False, min_length=1)]
Names = Annotated[tuple[Name, ...], Field(strict=False, min_length=1)]


class Defaults(Settings):
    """What a run does that is not told otherwise on the command line. `workers`: None is `auto`."""

    scenario: FolderName = "smoke"
    target: FolderName = "sim"
    test_type: Literal["rest", "websocket", "grpc", "all"] = "all"
    workers: Annotated[int | None, BeforeValidator(values.workers)] = None
    seed: Count = 20251130
    output_dir: FilePath = "reports"
    drain: Positive = 40.0


class Shares(Settings):
    """Tenths of the users of a mixed run."""

    rest: Annotated[int, Field(ge=0, le=10)] = 0
    websocket: Annotated[int, Field(ge=0, le=10)] = 0
    grpc: Annotated[int, Field(ge=0, le=10)] = 0

    @model_validator(mode="after")
    def _whole(self) -> Shares:
        total = self.rest + self.websocket + self.grpc
        if total != 10:
            raise ValueError(f"tenths that add up to 10, not to {total}")
        return self


class Prometheus(Settings):
    """How measurements are collected and how long they are kept."""

    scrape_interval: Annotated[Duration, Field(ge=0.1, le=60)] = 1.0
    retention: Annotated[str, BeforeValidator(values.retention)] = "90d"


class Reports(Settings):
    """What is reported beside the verdict."""

    percentiles: Percentiles = (0.5, 0.75, 0.9, 0.95, 0.99)
    window: Positive = 10.0
    failure_samples: Annotated[int, Field(ge=0, le=1000)] = 5


class Grpc(Settings):
    """The three gRPC endpoints."""

    llm: Endpoint
    stt: Endpoint
    tts: Endpoint


class TlsSettings(Settings):
    """TLS of a target; for REST and WebSocket the URL's scheme says whether it is used."""

    grpc: bool = False
    ca_file: FilePath | None = None
    cert_file: FilePath | None = None
    key_file: FilePath | None = None

    @model_validator(mode="after")
    def _pair(self) -> TlsSettings:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file together, or neither")
        return self


class TargetSettings(Settings):
    """Where load may go. A `sim` is started for the run and has no addresses of its own here."""

    kind: Literal["sim", "june"]
    rest: RestUrl | None = None
    websocket: WebsocketUrl | None = None
    grpc: Grpc | None = None
    tls: TlsSettings = TlsSettings()
    token: Literal["fetch", "none"] = values.FETCH
    headers: Headers = Field(default_factory=dict)
    metadata: Metadata = Field(default_factory=dict)
    identities: Annotated[int, Field(ge=0, le=ADDRESSES)] = 0
    honour_retry_after: bool = False
    allow: Hosts = ()
    options: SimOptions = SimOptions()
    postgres: PostgresSettings | None = None
    measure: MeasureSettings = MeasureSettings()


class Lengths(Settings):
    """A lognormal length by its median and 95th percentile, cut at low and high."""

    median: float
    p95: float
    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Lengths:
        if not 0 < self.low <= self.median <= self.p95 <= self.high:
            raise ValueError("0 < low ≤ median ≤ p95 ≤ high")
        return self

    def record(self) -> LengthDistribution:
        """As the plan holds it."""
        return LengthDistribution(median=self.median, p95=self.p95, low=self.low, high=self.high)


class PromptWords(Lengths):
    """Words of a prompt."""

    high: Annotated[float, Field(le=10_000)]


class SpeechWords(Lengths):
    """Words of a text to be spoken."""

    high: Annotated[float, Field(le=5_000)]


class SpeechSeconds(Lengths):
    """Seconds of recorded speech; 4 MiB, the most that a gRPC message may have, are 131 seconds."""

    median: Duration
    p95: Duration
    low: Annotated[Duration, Field(ge=0.1)]
    high: Annotated[Duration, Field(le=120)]


class Data(Settings):
    """What is sent."""

    prompt_words: PromptWords = PromptWords(median=18, p95=80, low=3, high=400)
    speech_words: SpeechWords = SpeechWords(median=10, p95=24, low=2, high=60)
    speech_seconds: SpeechSeconds = SpeechSeconds(median=1.5, p95=4, low=0.5, high=8)
    wav_pool: Annotated[int, Field(ge=1, le=500)] = 20
    prompts_file: FilePath | None = None
    wav_folder: FilePath | None = None


class Pause(Settings):
    """A think time, uniform in [low, high] seconds."""

    low: Annotated[Duration, Field(le=3600)]
    high: Annotated[Duration, Field(le=3600)]

    @model_validator(mode="after")
    def _ordered(self) -> Pause:
        if self.low > self.high:
            raise ValueError("low ≤ high")
        return self


class ThinkTimes(Settings):
    """Pauses by test type."""

    rest: Pause = Pause(low=1, high=3)
    websocket: Pause = Pause(low=1, high=3)
    grpc: Pause = Pause(low=1, high=3)


class ExpectSettings(Settings):
    """What counts as a good answer beyond the protocol's own rules."""

    statuses: Statuses = (200,)
    min_text: Annotated[int, Field(ge=0, le=1_000_000)] = 1
    min_audio: Duration = 0.01
    rate_limited: bool = False


class OperationSettings(Settings):
    """One thing that users do. `judged`: None leaves it to the call. Bounds of its own are read beside it."""

    call: str
    weight: Annotated[float, Field(ge=0, le=1e6)]
    timeout: Annotated[Duration, Field(gt=0, le=3600)]
    judged: bool | None = None
    expect: ExpectSettings = ExpectSettings()
    params: dict[str, Any] = Field(default_factory=dict)


class OperationChange(Settings):
    """What a scenario may say differently about an operation. Bounds are read beside it."""

    weight: Annotated[float, Field(ge=0, le=1e6)]
    timeout: Annotated[Duration, Field(gt=0, le=3600)]
    judged: bool


class ScenarioSettings(Settings):
    """A load and what it is judged by. The blocks inside are read one by one."""

    purpose: Sentence
    users: Annotated[int, Field(ge=1)]
    spawn_rate: Annotated[float, Field(gt=0)]
    duration: Positive
    shape: dict[str, Any]
    criteria: Annotated[list[Any], Field(min_length=1)]
    minimum: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    abort_on: dict[str, Any] = Field(default_factory=dict)
    judged_phases: Names | None = None
    think_times: dict[str, Any] = Field(default_factory=dict)
    operations: dict[str, Any] = Field(default_factory=dict)


class Validity(Settings):
    """When a run cannot tell."""

    late_share: Share = 0.01
    late_bound_share: Annotated[Share, Field(gt=0)] = 0.05
    cpu_ratio: Annotated[Share, Field(gt=0)] = 0.9
    cpu_time_share: Share = 0.05
    users_share: Share = 0.95
    scrape_gap_intervals: Annotated[float, Field(ge=1, le=1000)] = 3.0


class Safety(Settings):
    """The most that may be asked of this generator."""

    max_users: Annotated[int, Field(ge=1)] = 5000
    max_spawn_rate: Annotated[float, Field(gt=0)] = 1000.0
    max_duration: Positive = 14400.0
