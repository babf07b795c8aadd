"""The configuration, read and checked: what `load_config` returns."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from loadgen.config.abort import AbortSettings
from loadgen.config.compare import CompareSettings
from loadgen.config.document import Document
from loadgen.config.notifications import NotificationSettings
from loadgen.config.problems import Path, Problem
from loadgen.config.resources import ResourceSettings
from loadgen.config.schema import Data, Defaults, Prometheus, Reports, Safety, TargetSettings, ThinkTimes, Validity
from loadgen.config.terms.latency import Latency
from loadgen.model.plan import Expect
from loadgen.model.settings import Settings


class ConfiguredOperation(Struct, frozen=True, kw_only=True):
    """An operation as a scenario has it. `own`: by kind of criterion, the bounds by which it is judged alone."""

    test_type: str
    name: str
    call: str
    weight: float
    timeout: float
    judged: bool
    expect: Expect
    params: dict[str, Any]
    own: dict[str, Settings]


class Scenario(Struct, frozen=True, kw_only=True):
    """A load and what it is judged by, with everything filled in that it leaves to the common blocks."""

    name: str
    purpose: str
    users: int
    spawn_rate: float
    duration: float
    shape: str
    shape_settings: Settings
    criteria: dict[str, Settings]
    """By kind, in the order of the YAML."""
    latency: Latency
    """The latency terms that hold here, whether or not it is judged by them: recovery's band is capped by them."""
    abort_on: dict[str, AbortSettings]
    """By kind of criterion: when a breach of it ends the load."""
    judged_phases: tuple[str, ...] | None
    """None: those judged by default. `ramp` stands for every step."""
    think_times: ThinkTimes
    operations: tuple[ConfiguredOperation, ...]


class Config(Struct, frozen=True, kw_only=True):
    """The whole configuration. Paths of the files that it names are absolute; `file` is as it was given."""

    document: Document
    defaults: Defaults
    shares: dict[str, int]
    prometheus: Prometheus
    reports: Reports
    targets: dict[str, TargetSettings]
    data: Data
    scenarios: dict[str, Scenario]
    validity: Validity
    resources: ResourceSettings
    compare: CompareSettings
    notifications: NotificationSettings
    safety: Safety

    @property
    def file(self) -> str:
        """The file it was read from."""
        return self.document.file

    def problem(self, path: Path, text: str) -> Problem:
        """A problem at a place of the file."""
        return self.document.problem(path, text)
