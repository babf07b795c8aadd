"""Sets a request beside the configuration: which scenario, target and course are meant, and all that does not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from loadgen.config import Config, ConfigError, Problem, Scenario
from loadgen.config.loads import Course, Judged, criteria_faults, scene_of
from loadgen.config.problems import unknown
from loadgen.config.schema import TargetSettings
from loadgen.config.terms import TERMS
from loadgen.config.values import allowed_host, rest_url
from loadgen.config.wording import found
from loadgen.model.plan import TEST_TYPES
from loadgen.plan.request import RunRequest
from loadgen.shapes import SHAPES, Fault, Load
from loadgen.shapes.curve import dealt

COMMAND_LINE = "command line"
ALL = "all"
MOST_SCALE = 100.0

_NUMBERS: tuple[tuple[str, str, Callable[[Any], bool], str], ...] = (
    ("users", "--users", lambda v: v >= 1, "1 or more"),
    ("spawn_rate", "--spawn-rate", lambda v: 0 < v < float("inf"), "more than 0"),
    ("duration", "--duration", lambda v: 0 < v < float("inf"), "more than 0"),
    ("time_scale", "--time-scale", lambda v: 0 < v <= MOST_SCALE, f"more than 0, up to {MOST_SCALE:g}"),
    ("workers", "--workers", lambda v: 1 <= v <= 64, "1 to 64"),
    ("seed", "--seed", lambda v: v >= 0, "0 or more"),
    ("cores", "--cores", lambda v: v >= 1, "1 or more"),
)
_FLAGS = {"users": "--users", "spawn_rate": "--spawn-rate", "duration": "--duration"}


def flag(key: str, text: str) -> Problem:
    """A problem with something on the command line."""
    return Problem(file=COMMAND_LINE, line=None, key=key, text=text)


def check_request(config: Config, request: RunRequest) -> None:
    """Raise ConfigError for everything that is wrong with the request by itself."""
    problems = [*_unknown_names(config, request), *_numbers(request), *_hosts(config, request)]
    if problems:
        raise ConfigError(problems)


def _unknown_names(config: Config, request: RunRequest) -> Iterator[Problem]:
    for key, value, names in (
        ("--scenario", request.scenario, config.scenarios),
        ("--target", request.target, config.targets),
        ("--test-type", request.test_type, (*TEST_TYPES, ALL)),
    ):
        if value is not None and value not in names:
            yield flag(key, unknown(value, names))


def _numbers(request: RunRequest) -> Iterator[Problem]:
    for name, key, good, allowed in _NUMBERS:
        value = getattr(request, name)
        if value is not None and not good(value):
            yield flag(key, found(value, allowed))


def _hosts(config: Config, request: RunRequest) -> Iterator[Problem]:
    checks = [("--host", rest_url, request.host), *(("--allow-host", allowed_host, host) for host in request.allow)]
    for key, check, value in checks:
        if value is not None:
            try:
                check(value)
            except ValueError as error:
                yield flag(key, found(value, str(error)))
    target = config.targets.get(request.target or config.defaults.target)
    if request.host is not None and target is not None and target.kind == "sim":
        name = request.target or config.defaults.target
        others = [other for other, settings in config.targets.items() if settings.kind != "sim"]
        hint = f"--target {others[0]} with it" if others else "a target of kind june in the configuration"
        yield flag("--host", f"given, but the target {name} is a stand-in with addresses of its own; allowed: {hint}")


class Asked:
    """A request that is right by itself, beside its configuration. All properties are pure."""

    def __init__(self, config: Config, request: RunRequest) -> None:
        self.config = config
        self.request = request
        self.scenario: Scenario = config.scenarios[request.scenario or config.defaults.scenario]
        self.target_name = request.target or config.defaults.target
        self.target: TargetSettings = config.targets[self.target_name]
        self.test_type = request.test_type or config.defaults.test_type
        self.shares = dict(config.shares) if self.test_type == ALL else {self.test_type: 10}
        self.course = self._course()
        self.judged = Judged(
            criteria=self.scenario.criteria, latency=self.scenario.latency, phases=self.scenario.judged_phases
        )

    def _course(self) -> Course:
        scenario, request = self.scenario, self.request
        old = Load(users=scenario.users, spawn_rate=scenario.spawn_rate, duration=scenario.duration)
        new = Load(
            users=scenario.users if request.users is None else request.users,
            spawn_rate=scenario.spawn_rate if request.spawn_rate is None else request.spawn_rate,
            duration=scenario.duration if request.duration is None else request.duration,
        )
        shape = SHAPES[scenario.shape]
        settings = scenario.shape_settings if new == old else shape.adapted(scenario.shape_settings, old, new)
        return Course(
            load=new,
            shape=scenario.shape,
            settings=settings,
            time_scale=request.time_scale,
            scrape_interval=self.config.prometheus.scrape_interval,
        )

    def problems(self) -> list[Problem]:
        """Everything that does not fit together; nothing may be sent while there is any."""
        faults = self.course.faults(self.config.safety)
        return [
            *(self._placed(fault) for fault in faults),
            *([] if faults else self._impossible_criteria()),
            *self._uneven(),
            *self._unreachable(),
        ]

    def _impossible_criteria(self) -> Iterator[Problem]:
        scene = scene_of(self.course, self.judged, next(iter(self.shares)))
        for kind, fault in criteria_faults(scene, self.scenario.criteria):
            yield self._placed(Fault(path=("criteria",), text=": ".join((kind, *fault.path, fault.text))))

    def _placed(self, fault: Fault) -> Problem:
        """The problem where it comes from: the flag that overrides, or the file."""
        given = [key for name, key in _FLAGS.items() if getattr(self.request, name) is not None]
        given += ["--time-scale"] if self.request.time_scale != 1 else []
        path = ("scenarios", self.scenario.name, *fault.path)
        own = _FLAGS.get(fault.path[0]) if fault.path else None
        if own in given:
            return flag(own or "", fault.text)
        if given:
            return flag(" ".join(given), f"with this, {'.'.join(path)}: {fault.text}")
        return self.config.problem(path, fault.text)

    def _uneven(self) -> Iterator[Problem]:
        """Users that the shares do not divide into whole ones."""
        users = self.course.load.users
        counts = {name: dealt(users, self.shares, name) for name in self.shares}
        nobody = [name for name, count in counts.items() if count == 0]
        if nobody:
            text = f"{users}, which leaves none for {' and '.join(nobody)}; allowed: 10 or more users, or one test type"
            yield self._placed(Fault(path=("users",), text=text))
        whole = [kind for kind in self.scenario.criteria if TERMS[kind].whole_users]
        if whole and not nobody and any(users * tenths % 10 for tenths in self.shares.values()):
            shares = "/".join(str(tenths) for tenths in self.shares.values())
            text = (
                f"{users}, of which the shares {shares} are no whole users, so that {whole[0]} cannot be compared; "
                "allowed: a multiple of ten, or one test type"
            )
            yield self._placed(Fault(path=("users",), text=text))

    def _unreachable(self) -> Iterator[Problem]:
        """Test types for which the target has no address or the configuration no operation."""
        for test_type in self.shares:
            if self.target.kind != "sim" and getattr(self.target, test_type) is None:
                text = (
                    f"no {test_type} address, which the test type {self.test_type} needs; allowed: one, or --test-type"
                )
                yield self.config.problem(("targets", self.target_name), text)
            if not any(operation.test_type == test_type for operation in self.scenario.operations):
                text = f"no operations of {test_type}, which the test type {self.test_type} needs"
                yield self.config.problem(("operations",), f"{text}; allowed: at least one")
