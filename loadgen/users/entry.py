"""What the Locust entry file sets up: the user classes, and what runs beside them.

Three ways to be started, told apart by the environment:

- a run: LOADGEN_PLAN and LOADGEN_WORK, in workers LOADGEN_WORKER as well; the plan's clock rules
- exploring (LOADGEN_UI=1 beside them): Locust's page rules, and the counters are fed
- alone: none of these; Locust's page or command line rules, and nobody counts but Locust
"""

from __future__ import annotations

import importlib
import logging
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from locust import User
from msgspec import Struct

from loadgen.inputs import load_inputs
from loadgen.model.plan import Plan, Target
from loadgen.shapes.curve import users_of
from loadgen.storage import load
from loadgen.telemetry.counters import WorkerCounters
from loadgen.users.books import Books, Counters, NoCounters, Sink
from loadgen.users.conductor_master import MasterConductor
from loadgen.users.conductor_worker import WorkerConductor
from loadgen.users.logs import FailureLog, RequestLog
from loadgen.users.operation_user import OperationUser
from loadgen.users.timeline import PlannedTimeline, Timeline
from loadgen.users.worker import Resolved, Worker, jobs_of

CLASSES = {
    "rest": ("loadgen.users.rest_user", "RestUser"),
    "websocket": ("loadgen.users.websocket_user", "WebsocketUser"),
    "grpc": ("loadgen.users.grpc_user", "GrpcUser"),
}
"""Where the users of a test type are. Imported only where they work: gRPC alone takes twenty megabytes."""

Resolve = Callable[[Target], Resolved]


class Surroundings(Struct, frozen=True, kw_only=True):
    """What the environment variables say."""

    plan: Path | None
    """None: Locust stands alone, and the rest means nothing."""
    folder: Path
    """The work folder."""
    worker: int | None
    """None: the master, or the only process."""
    exploring: bool

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Surroundings:
        """Raises KeyError or ValueError for variables that do not fit together."""
        if not environment.get("LOADGEN_PLAN"):
            return cls(plan=None, folder=Path(), worker=None, exploring=False)
        number = environment.get("LOADGEN_WORKER")
        return cls(
            plan=Path(environment["LOADGEN_PLAN"]),
            folder=Path(environment["LOADGEN_WORK"]),
            worker=None if number is None else int(number),
            exploring=environment.get("LOADGEN_UI") == "1",
        )

    def read_plan(self) -> Plan:
        """The plan. Raises LookupError when Locust stands alone, OSError, or msgspec.ValidationError."""
        if self.plan is None:
            raise LookupError("LOADGEN_PLAN is not set")
        return load(self.plan, Plan)


def working_class(test_type: str, **attributes: Any) -> type[OperationUser]:
    """The users of a test type, ready for Locust to spawn."""
    module, name = CLASSES[test_type]
    base = getattr(importlib.import_module(module), name)
    return type(name, (base,), {"abstract": False, **attributes})


def place_holder(test_type: str, **attributes: Any) -> type[User]:
    """A class of the same name for the master, which deals users out and has none of its own."""
    return type(CLASSES[test_type][1], (OperationUser,), {"abstract": False, "test_type": test_type, **attributes})


def make_worker(
    plan: Plan, number: int, timeline: Timeline, resolved: Resolved, request_event: Any, **more: Any
) -> Worker:
    """What the users of this process share. `more`: `counters` and `sinks`, where somebody collects.

    Raises InputsError.
    """
    counters: Counters = more.get("counters", NoCounters())
    return Worker(
        plan=plan,
        timeline=timeline,
        counters=counters,
        books=Books(counters, request_event, more.get("sinks", ())),
        resolved=resolved,
        draw=load_inputs(plan.inputs, number, plan.workers).draw,
        jobs=jobs_of(plan),
        users=[],
    )


class Collected(Struct, frozen=True, kw_only=True):
    """Where outcomes go in a run's worker: counters and logs."""

    counters: WorkerCounters
    failures: FailureLog
    requests: RequestLog | None

    @classmethod
    def open(cls, plan: Plan, work: Path, number: int, secrets: tuple[str, ...]) -> Collected:
        """Raises CounterFileError."""
        requests = RequestLog(work / f"requests-{number}.jsonl", secrets) if plan.log_requests else None
        return cls(
            counters=WorkerCounters.open(work, plan, number),
            failures=FailureLog(work / f"failures-{number}.jsonl", plan.failure_samples, secrets),
            requests=requests,
        )

    @property
    def sinks(self) -> tuple[Sink, ...]:
        """The logs."""
        return (self.failures,) if self.requests is None else (self.failures, self.requests)

    def flush(self) -> None:
        """Write what is held back."""
        if self.requests is not None:
            self.requests.flush()


def planned_run(around: Surroundings, events: Any, resolve: Resolve) -> dict[str, type[User]]:
    """The user classes of a run's master or worker; the conductor starts with Locust's runner."""
    plan = around.read_plan()
    # The terminal's Ctrl-C is the orchestrator's affair, which then stops the load in good order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    counts = {test_type: users_of(plan, test_type) for test_type in plan.test_types}
    make = place_holder if around.worker is None else working_class
    classes = {t: make(t, fixed_count=count) for t, count in counts.items() if count}
    if around.worker is None:
        events.init.add_listener(_master_starter(plan, around.folder))
    else:
        _open_worker(plan, around.folder, around.worker, classes, events, resolve)
    return {user_class.__name__: user_class for user_class in classes.values()}


def _master_starter(plan: Plan, work: Path) -> Callable[..., None]:
    def start(environment: Any, **_: Any) -> None:
        be_quiet()
        MasterConductor(environment, plan, work).start()

    return start


def _open_worker(
    plan: Plan, work: Path, number: int, classes: Mapping[str, Any], events: Any, resolve: Resolve
) -> None:
    timeline = PlannedTimeline(plan)
    resolved = resolve(plan.target)
    collected = Collected.open(plan, work, number, resolved.secrets)
    worker = make_worker(
        plan, number, timeline, resolved, events.request, counters=collected.counters, sinks=collected.sinks
    )
    for user_class in classes.values():
        user_class.open_worker(worker)

    def start(environment: Any, **_: Any) -> None:
        be_quiet()
        WorkerConductor(environment, worker, timeline, number, collected.flush).start()

    events.init.add_listener(start)


def be_quiet() -> None:
    """Locust's tables and its tales of every worker are not the user's progress."""
    for name in ("locust", "locust.stats_logger"):
        logging.getLogger(name).setLevel(logging.WARNING)
