"""The master's side of a run: ready, go, stop and final books, all by files in the work folder."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import gevent
import locust.runners
import msgspec
from msgspec import Struct

from loadgen.model.control import FINAL as FINAL_BOOKS
from loadgen.model.control import GO, READY, STOP, FinalBooks, Go, Ready, Stop
from loadgen.model.plan import Plan
from loadgen.model.record import Count
from loadgen.storage import save
from loadgen.users.conductor_worker import ASSIGNMENT, DRAIN, FINAL, ORPHANED

POLL = 0.1
GRACE = 6.0
"""Seconds after the drain within which every worker must have delivered; then the books are closed without it."""
HASTY_GRACE = 2.5
"""Likewise when the load was ended early and somebody waits."""
SILENT = 3.0
"""A worker that has not been heard of for so many seconds when all should have delivered is lost …"""
LONG_SILENT = 10.0
"""… and after so many it is not even waited for."""

LIVENESS = 30
"""Seconds after which Locust itself takes a worker for lost. It would then stop the others or deal its users anew."""


class Delivery(Struct, frozen=True, kw_only=True):
    """A worker's last message."""

    worker: int
    unclosed: int
    counts: tuple[Count, ...]
    ended: float | None


class MasterConductor:
    """Runs beside Locust's master runner, and ends it."""

    def __init__(self, environment: Any, plan: Plan, work: Path) -> None:
        self._environment = environment
        self._runner = environment.runner
        self._plan = plan
        self._work = work
        self._parent = os.getppid()
        self._clients: tuple[str, ...] = ()
        self._deliveries: dict[str, Delivery] = {}
        self._written = False

    def start(self) -> None:
        """Begin. To be called when Locust's runner stands."""
        locust.runners.HEARTBEAT_LIVENESS = LIVENESS
        self._runner.register_message(FINAL, self._delivered)
        self._environment.events.quitting.add_listener(self._write_final)
        gevent.spawn(self._run)

    def _run(self) -> None:
        self._wait_for_users()
        go = self._wait_for_go()
        end, drain, grace = self._conduct(go) if go else (time.monotonic(), 0.0, HASTY_GRACE)
        self._collect(end + drain, end + drain + grace)
        self._write_final()
        self._environment.process_exit_code = 0
        self._runner.quit()

    # ---------------------------------------------------------------------------------------------------- beginning

    def _wait_for_users(self) -> None:
        while not self._all_there() and self._stop() is None:
            self._breathe()
        self._clients = tuple(sorted(self._runner.clients))
        if self._all_there():
            # From now on Locust deals out no users: a worker that is lost or late must not change the others' load.
            self._runner._users_dispatcher = None  # noqa: SLF001 - there is no public way
            save(self._work / READY, Ready(workers=len(self._clients), users=self._plan.users))

    def _all_there(self) -> bool:
        runner = self._runner
        return (
            runner.spawning_completed
            and runner.worker_count == self._plan.workers
            and runner.user_count == self._plan.users
        )

    def _wait_for_go(self) -> Go | None:
        while self._stop() is None:
            go = self._told(GO, Go)
            if go is not None:
                return go
            self._breathe()
        self._runner.send_message(DRAIN, {"seconds": 0.0})
        return None

    def _conduct(self, go: Go) -> tuple[float, float, float]:
        """Run the plan. Returns when the load ended (CLOCK_MONOTONIC), and the drain and the grace after it."""
        counts = {client: dict(self._runner.clients[client].user_classes_count) for client in self._clients}
        self._runner.send_message(ASSIGNMENT, {"start": go.start, "counts": counts})
        end = time.monotonic() + (go.start - time.time()) + self._plan.duration
        while time.monotonic() < end:
            stop = self._stop()
            if stop is not None:
                self._runner.send_message(DRAIN, {"seconds": stop.drain})
                return time.monotonic(), stop.drain, HASTY_GRACE
            self._breathe()
        return end, self._plan.drain, GRACE

    # -------------------------------------------------------------------------------------------------------- the end

    def _collect(self, drained: float, latest: float) -> None:
        """Wait until every worker has delivered or is lost."""
        while any(self._is_awaited(client, drained) for client in self._clients) and time.monotonic() < latest:
            stop = self._stop()
            if stop is not None and time.monotonic() + stop.drain + HASTY_GRACE < latest:
                self._runner.send_message(DRAIN, {"seconds": stop.drain})
                drained, latest = time.monotonic() + stop.drain, time.monotonic() + stop.drain + HASTY_GRACE
            self._breathe()

    def _is_awaited(self, client: str, drained: float) -> bool:
        node = self._runner.clients.get(client)
        if client in self._deliveries or node is None:
            return False
        silence = LIVENESS - node.heartbeat
        return silence < (LONG_SILENT if time.monotonic() < drained else SILENT)

    def _delivered(self, msg: Any, **_: Any) -> None:
        self._deliveries[msg.node_id] = msgspec.convert(msg.data, Delivery)

    def _write_final(self, **_: Any) -> None:
        """Once; also when Locust ends by itself before."""
        if self._written:
            return
        self._written = True
        here = self._deliveries.values()
        missing = sorted(set(range(self._plan.workers)) - {delivery.worker for delivery in here})
        final = FinalBooks(
            complete=not missing and not any(delivery.unclosed for delivery in here),
            missing=tuple(missing),
            locust=self._locust_counts(),
            workers=_summed(self._plan, [count for delivery in here for count in delivery.counts]),
            ended=max((d.ended for d in here if d.ended is not None), default=None),
        )
        save(self._work / FINAL_BOOKS, final)

    def _locust_counts(self) -> tuple[Count, ...]:
        found = [
            Count(test_type=method, name=name, requests=entry.num_requests, failures=entry.num_failures)
            for (name, method), entry in self._runner.stats.entries.items()
        ]
        return _summed(self._plan, found)

    # --------------------------------------------------------------------------------------------------------- polling

    def _breathe(self) -> None:
        if os.getppid() != self._parent:
            os._exit(ORPHANED)
        gevent.sleep(POLL)

    def _stop(self) -> Stop | None:
        return self._told(STOP, Stop)

    def _told(self, name: str, kind: type[Any]) -> Any:
        path = self._work / name
        return msgspec.json.decode(path.read_bytes(), type=kind) if path.exists() else None


def _summed(plan: Plan, counts: Iterable[Count]) -> tuple[Count, ...]:
    """The sum by operation, every operation of the plan in its order; then what the plan does not know, if anything."""
    totals = {(operation.test_type, operation.name): (0, 0) for operation in plan.operations}
    for count in counts:
        requests, failures = totals.get((count.test_type, count.name), (0, 0))
        totals[count.test_type, count.name] = (requests + count.requests, failures + count.failures)
    return tuple(
        Count(test_type=test_type, name=name, requests=requests, failures=failures)
        for (test_type, name), (requests, failures) in totals.items()
    )
