"""What every kind of criterion states in the YAML, and how it becomes figures of a plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from loadgen.model.measured import Measured
from loadgen.model.settings import Settings

SCRAPES = 4
"""A window or plateau with fewer scrapes than these shows nothing reliable."""


class Baseline(Struct, frozen=True, kw_only=True):
    """An earlier run to measure against: successful operations per second in steady, by test type."""

    run_id: str
    rates: dict[str, float]
    kept: str | None = None
    """The name under which it is kept; None for one that was found among the runs, or named."""


class Scene(Struct, frozen=True, kw_only=True):
    """Where a criterion is to hold: one test type of one scenario, at its time scale."""

    test_type: str
    """Empty for the whole run."""
    spans: Mapping[str, tuple[float, float]]
    """Start and end of every phase, in seconds of plan time."""
    judged: tuple[str, ...]
    """Names of the judged phases."""
    time_scale: float
    scrape_interval: float
    latency_seconds: float
    latency_share: float
    """The latency terms of the scenario: so many succeed in so many seconds. They cap recovery's band."""
    baseline: Baseline | None


class Resolved(Struct, frozen=True, kw_only=True):
    """A criterion's figures; see `model.plan.Criterion`. `note` is for the user to read before the load."""

    bound: float | None
    minimum: int
    phases: tuple[str, ...]
    options: dict[str, Any]
    note: str | None = None


class Terms(Struct, frozen=True, kw_only=True):
    """The settings of a kind of criterion. All functions are pure.

    resolve(settings, scene): the figures for one test type. Of a kind that judges the whole run and no operations
    instead whole(settings, scene, measured): the figures of its criteria, by what each judges; `lacking` says what is
    wrong when there are none. faults(settings, scene): why it could never pass, `key: text`.
    unmet(settings, measured): what is to be measured for it and is not, `key: text`.
    needs: phases without which it means nothing. own: an operation may state bounds of its own, and is then judged by
    them alone. without: operations with bounds of their own for one of these kinds are not counted in this one.
    whole_users: users of a mixed run must divide into whole users by the shares.
    """

    kind: str
    settings: type[Settings]
    resolve: Callable[[Any, Scene], Resolved] | None = None
    whole: Callable[[Any, Scene, Measured], Mapping[str, Resolved]] | None = None
    lacking: str = ""
    faults: Callable[[Any, Scene], tuple[tuple[str, str], ...]] = lambda _settings, _scene: ()
    unmet: Callable[[Any, Measured], tuple[tuple[str, str], ...]] = lambda _settings, _measured: ()
    needs: tuple[str, ...] = ()
    own: bool = False
    without: tuple[str, ...] = ()
    whole_users: bool = False
