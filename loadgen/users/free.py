"""Exploring: Locust's page or command line decides how many users there are, and nobody judges."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import gevent
from locust import LoadTestShape
from locust.exception import StopTest
from msgspec.structs import replace

from loadgen.config import Config, ConfigError, load_config
from loadgen.model.plan import TEST_TYPES, Plan, Stage, Target
from loadgen.model.verdict import EXIT_ENVIRONMENT, EXIT_USAGE
from loadgen.plan import RunRequest, compile_plan
from loadgen.shapes.curve import active_users
from loadgen.users.entry import Collected, Resolve, Surroundings, make_worker, working_class
from loadgen.users.housekeeping import Housekeeping
from loadgen.users.timeline import FreeTimeline

logger = logging.getLogger(__name__)

CONFIG = Path(__file__).resolve().parent.parent / "config" / "load_test_config.yaml"
SIM = "sim"
ALL = "all"
LOOPBACK = "127.0.0.1"
FREE = "free"
"""The choice on the page that leaves the load to its own fields."""
SPAWN_RATE = 100.0
"""Users per second with which a scenario's curve is followed; beyond that Locust warns."""

Check = Callable[[Target], Target]


def stay_home(parser: Any, **_: Any) -> None:
    """Locust's page and master listen on this machine only, unless `--web-host` or `--master-bind-host` is given.

    Locust's own defaults are all interfaces; whoever reaches the page can start a load.
    """
    parser.set_defaults(web_host=LOOPBACK, master_bind_host=LOOPBACK)


def configured(environment: Mapping[str, str]) -> Config:
    """The configuration: LOADGEN_CONFIG, or our own. Raises ConfigError."""
    return load_config(Path(environment.get("LOADGEN_CONFIG") or CONFIG))


def exploration(around: Surroundings, config: Config, events: Any, resolve: Resolve) -> dict[str, Any]:
    """The user classes and the load shape of `LOADGEN_UI=1`: the plan's target, and counters that are fed."""
    plan, number = around.read_plan(), around.worker or 0
    classes = _classes(plan.shares)
    resolved = resolve(plan.target)
    collected = Collected.open(plan, around.folder, number, resolved.secrets)
    timeline = FreeTimeline(plan, number)
    worker = make_worker(
        plan, number, timeline, resolved, events.request, counters=collected.counters, sinks=collected.sinks
    )
    for user_class in classes.values():
        user_class.open_worker(worker)
    curves = _curves(config, plan)

    def start(environment: Any, **_: Any) -> None:
        environment.host = plan.target.rest
        environment.stop_timeout = environment.stop_timeout or plan.drain
        Housekeeping(worker, collected.flush, lambda: os._exit(0)).start()

    def check_host(environment: Any, **_: Any) -> None:
        if environment.host not in (None, "", plan.target.rest):
            logger.error("this page loads %s only; stopped", plan.target.rest)
            environment.host = plan.target.rest
            gevent.spawn(environment.runner.stop)

    def add_choice(parser: Any) -> None:
        choices, text = [FREE, *curves], "follow a scenario's load, or the fields of this page"
        parser.add_argument("--scenario", choices=choices, default=FREE, include_in_web_ui=True, help=text)

    events.init.add_listener(start)
    events.test_start.add_listener(check_host)
    events.init_command_line_parser.add_listener(add_choice)
    events.init_command_line_parser.add_listener(stay_home)
    shape = type("Scenario", (ScenarioShape,), {"curves": curves, "abstract": False})
    return {**{c.__name__: c for c in classes.values()}, "Scenario": shape}


def alone(config: Config, events: Any, resolve: Resolve, check: Check) -> dict[str, Any]:
    """The user classes of Locust without a run: the default scenario's operations against `--host`."""
    classes = _classes(config.shares)

    def start(environment: Any, **_: Any) -> None:
        try:
            plan = _plan_for(config, environment.host, check)
            number = max(0, environment.runner.worker_index) if hasattr(environment.runner, "worker_index") else 0
            worker = make_worker(plan, number, FreeTimeline(plan, number), resolve(plan.target), events.request)
            for user_class in classes.values():
                user_class.open_worker(worker)
            environment.stop_timeout = environment.stop_timeout or plan.drain
        except Exception as fault:  # noqa: BLE001 - Locust would only log it and load nobody knows what
            environment.process_exit_code = EXIT_USAGE if isinstance(fault, ConfigError) else EXIT_ENVIRONMENT
            raise StopTest(f"no load was sent: {fault}") from None

    events.test_start.add_listener(start)
    events.init_command_line_parser.add_listener(stay_home)
    return {user_class.__name__: user_class for user_class in classes.values()}


def _plan_for(config: Config, host: str | None, check: Check) -> Plan:
    """The default scenario against that gateway. Each process has a name of its own, and so do its users."""
    if not host:
        raise LookupError("there is no host; name the gateway with --host http://…")
    targets = [name for name, target in config.targets.items() if target.kind != SIM]
    if not targets:
        raise LookupError(f"{config.file} names no target but the stand-in, which only a run can start")
    now = f"{time.strftime('%Y%m%d%H%M%S', time.gmtime())}-{os.getpid()}"
    plan = compile_plan(config, RunRequest(host=host, target=targets[0], test_type=ALL), now_id=now)
    return replace(plan, target=check(plan.target))


def _classes(shares: Mapping[str, int]) -> dict[str, Any]:
    return {t: working_class(t, weight=shares[t]) for t in TEST_TYPES if shares.get(t)}


def _curves(config: Config, plan: Plan) -> dict[str, tuple[Stage, ...]]:
    """The load of every scenario that this target and test type allow."""
    found = {}
    for name in config.scenarios:
        request = RunRequest(scenario=name, test_type=plan.test_type)
        try:
            found[name] = compile_plan(config, request, now_id="0").stages
        except ConfigError:
            logger.warning("the scenario %s is not offered: it does not fit the test type %s", name, plan.test_type)
    return found


class ScenarioShape(LoadTestShape):
    """Follows the scenario chosen on the page; without one the page's own fields."""

    abstract = True
    use_common_options = True
    curves: ClassVar[dict[str, tuple[Stage, ...]]]

    def tick(self) -> tuple[int, float] | None:
        """Users and spawn rate now; None when the load is over."""
        environment: Any = self.runner and self.runner.environment
        options, elapsed = environment.parsed_options, self.get_run_time()
        stages = self.curves.get(options.scenario)
        if stages is None:
            over = options.run_time and elapsed >= options.run_time
            return None if over else (options.num_users or 1, options.spawn_rate or 1.0)
        return None if elapsed >= stages[-1].end else (active_users(stages, elapsed), SPAWN_RATE)
