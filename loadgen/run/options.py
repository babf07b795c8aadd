"""What a run is asked to do, beside the plan's own request."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from loadgen.config import Baseline, Config, ConfigError, Problem
from loadgen.history.baseline import baseline_of, named_baseline
from loadgen.history.folders import resolve
from loadgen.model.plan import Plan
from loadgen.plan import Offer, RunRequest, compile_plan


class Options(Struct, frozen=True, kw_only=True):
    """A run to be made. `output`: the folder under which its own folder goes."""

    config: Config
    request: RunRequest
    output: Path
    baseline: str | None = None
    """The run that throughput is measured against: its folder, its run_id, or the name of a kept baseline; None: the
    kept one that fits, else the latest."""
    prometheus: str | None = None
    """URL of a Prometheus that is to see the run; None: the running stack's, else one of its own."""


def plan_of(options: Options, now_id: str, request: RunRequest | None = None, offer: Offer | None = None) -> Plan:
    """The plan, measured against the latest fitting baseline where it has a throughput criterion.

    Raises ConfigError with everything that does not fit.
    """
    request = request or options.request
    plan = compile_plan(options.config, request, now_id=now_id, offer=offer)
    if not any(criterion.kind == "throughput" for criterion in plan.criteria):
        if options.baseline is not None:
            raise _no_baseline(f"given, but {plan.scenario} is not judged by throughput; allowed: a scenario that is")
        return plan
    baseline, notes = _baseline(options, plan, replace(request, scenario=_scenario(options.config, plan)))
    if baseline:
        plan = compile_plan(options.config, request, now_id=now_id, offer=offer, baseline=baseline)
    return replace(plan, notes=(*plan.notes, *notes))


def _scenario(config: Config, plan: Plan) -> str:
    """That of the runs by which throughput is measured."""
    terms = config.scenarios[plan.scenario].criteria["throughput"]
    return terms.baseline  # type: ignore[attr-defined]  # throughput's own settings


def _baseline(options: Options, plan: Plan, request: RunRequest) -> tuple[Baseline | None, tuple[str, ...]]:
    """`request`: of a run of the baseline's scenario. What was asked of the load of this run is not asked of that."""
    request = replace(request, users=None, spawn_rate=None, duration=None, workers=None)
    try:
        wanted = compile_plan(options.config, request, now_id="")
    except ConfigError as error:
        wanted, why = None, f"The scenario {request.scenario} gives no baseline. {error.problems[0]}"
    if options.baseline is None:
        return baseline_of(options.output, wanted, plan) if wanted else (None, (why,))
    try:
        return named_baseline(resolve(options.output, options.baseline), wanted, plan)
    except ValueError as error:
        raise _no_baseline(str(error)) from None


def _no_baseline(text: str) -> ConfigError:
    return ConfigError([Problem(file="command line", line=None, key="--baseline", text=text)])
