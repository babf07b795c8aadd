"""What a run is asked to do, beside the plan's own request."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

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
    baseline = _baseline(options, plan)
    return compile_plan(options.config, request, now_id=now_id, offer=offer, baseline=baseline) if baseline else plan


def _baseline(options: Options, plan: Plan) -> Baseline | None:
    if options.baseline is not None:
        try:
            return named_baseline(resolve(options.output, options.baseline), plan)
        except ValueError as error:
            raise _no_baseline(str(error)) from None
    terms = options.config.scenarios[plan.scenario].criteria["throughput"]
    return baseline_of(options.output, terms.baseline, plan)  # type: ignore[attr-defined]  # throughput's own settings


def _no_baseline(text: str) -> ConfigError:
    return ConfigError([Problem(file="command line", line=None, key="--baseline", text=text)])
