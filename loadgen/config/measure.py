"""What is measured beside the load: the block `measure:` of a target."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, ValidatorFunctionWrapHandler, WrapValidator, model_validator

from loadgen.config import values
from loadgen.model.settings import Settings

START: Final = "start"
AUTO: Final = "auto"
NONE: Final = "none"
"""Where an exporter is: the run starts it, starts it where there is what it measures, or does without."""

MATCHES = ("name", "cmdline", "pid_file", "cgroup")
"""By what the processes of a group are found."""
KINDS = ("postgresql", "pgbouncer")
PLACES = ("env", "file")

_COMM = 15
_PATH = re.compile(r"/[!-~]{0,500}", re.ASCII)
_DSN_FORM = "{env: NAME} or {file: PATH}, for a DSN is a secret and stands in neither this file nor a plan"


def _places(*words: str) -> WrapValidator:
    """A word or a list of addresses, read as a tuple: `none` is empty, a word stands for itself."""

    def read(value: object, addresses: ValidatorFunctionWrapHandler) -> Any:
        form = (
            f"{', '.join((*words, NONE))}, or a list of addresses such as [10.0.0.5:9611], with {words[0]} or without"
        )
        if isinstance(value, list) and value:
            return addresses(value)
        if not isinstance(value, str) or value not in (*words, NONE):
            raise ValueError(form)
        return () if value == NONE else (value,)

    return WrapValidator(read)


def _place(*words: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        return value if value in words else values.endpoint(value)

    return read


def _regex(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"a regular expression; {error}") from None
    return value


def _comm(value: str) -> str:
    if not value.isprintable() or not 1 <= len(value.encode()) <= _COMM:
        raise ValueError(f"1 to {_COMM} characters, as the kernel names a process (`ps -o comm`)")
    return value


def _printable(value: str) -> str:
    if not 1 <= len(value) <= 4096 or not value.isprintable():
        raise ValueError("a path of printable characters")
    return value


def _no_dsn(value: str) -> str:
    if "://" in value or re.search(r"passw|host *=", value, re.IGNORECASE):
        raise ValueError("the path of a file that holds the DSN, not the DSN itself")
    return _printable(value)


def _metrics_path(value: str) -> str:
    if not _PATH.fullmatch(value) or re.search(r"[?#]", value):
        raise ValueError("a path such as /metrics, without a query")
    return value


def _one(settings: Settings, *fields: str) -> list[str]:
    return [field for field in fields if getattr(settings, field) is not None]


Exporter = Annotated[tuple[Annotated[str, AfterValidator(_place(START))], ...], Field(strict=False), _places(START)]
GpuExporter = Annotated[
    tuple[Annotated[str, AfterValidator(_place(AUTO, START))], ...], Field(strict=False), _places(AUTO, START)
]
Label = Annotated[str, AfterValidator(values.folder_name)]


class GroupSettings(Settings):
    """Processes that are counted together. `cpu`: cores that they can use; None: their quota or the host's."""

    name: Annotated[str, AfterValidator(_comm)] | None = None
    cmdline: Annotated[str, AfterValidator(_printable), AfterValidator(_regex)] | None = None
    pid_file: Annotated[str, AfterValidator(_printable)] | None = None
    cgroup: Annotated[str, AfterValidator(_printable)] | None = None
    cpu: Annotated[float, Field(gt=0, le=10_000)] | None = None

    @model_validator(mode="after")
    def _at_most_one(self) -> GroupSettings:
        if len(_one(self, *MATCHES)) > 1:
            raise ValueError(f"one of {', '.join(MATCHES)}")
        return self

    @property
    def match(self) -> str | None:
        """The one of MATCHES that stands there; None: the group was told to an exporter elsewhere."""
        return next(iter(_one(self, *MATCHES)), None)


class DsnSettings(Settings):
    """Where a DSN stands: in an environment variable, or alone in a file."""

    env: Annotated[str, AfterValidator(values.environment_name)] | None = None
    file: Annotated[str, AfterValidator(_no_dsn)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _mapping(cls, value: object) -> object:
        if not isinstance(value, dict | DsnSettings):
            raise ValueError(_DSN_FORM)  # noqa: TRY004 - what pydantic collects
        return value

    @model_validator(mode="after")
    def _exactly_one(self) -> DsnSettings:
        if len(_one(self, *PLACES)) != 1:
            raise ValueError(_DSN_FORM)
        return self


class DatabaseSettings(Settings):
    """A database server to be asked how it fares."""

    postgresql: DsnSettings | None = None
    pgbouncer: DsnSettings | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> DatabaseSettings:
        if len(_one(self, *KINDS)) != 1:
            raise ValueError(f"one of {' and '.join(KINDS)}, with {_DSN_FORM}")
        return self

    @property
    def dsn(self) -> tuple[str, DsnSettings]:
        """The one of KINDS that it is, and where its DSN stands."""
        return next((kind, dsn) for kind in KINDS if (dsn := getattr(self, kind)) is not None)


class ScrapeSettings(Settings):
    """An endpoint that is there already and that Prometheus is to scrape."""

    address: Annotated[str, AfterValidator(values.endpoint)]
    path: Annotated[str, AfterValidator(_metrics_path)] = "/metrics"
    scheme: Literal["http", "https"] = "http"


class MeasureSettings(Settings):
    """Exporters, what they are told, and endpoints to be scraped. `host`, `gpu`, `dbpool`: words and addresses."""

    host: Exporter = (START,)
    gpu: GpuExporter = (AUTO,)
    dbpool: Exporter = (START,)
    processes: dict[Label, GroupSettings] = Field(default_factory=dict)
    databases: dict[Label, DatabaseSettings] = Field(default_factory=dict)
    scrape: dict[Label, ScrapeSettings] = Field(default_factory=dict)
