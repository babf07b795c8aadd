"""Config and request → Plan. Pure: what a clock, a port or an earlier run has to say comes in as an argument."""

from __future__ import annotations

from collections.abc import Iterable

from loadgen.catalogue import EDGES_VERSION, edges_for
from loadgen.config import Baseline, Config, ConfigError, ConfiguredOperation
from loadgen.model.plan import Criterion, Inputs, Phase, Plan, Stage, ThinkTime, ValidityLimits
from loadgen.model.quantities import duration_text, product
from loadgen.plan.abort import abort_rules, too_late
from loadgen.plan.asked import Asked, check_request
from loadgen.plan.criteria import criteria_of, unjudged
from loadgen.plan.measured import measured_of
from loadgen.plan.operations import chosen_operations, operation_problems, record
from loadgen.plan.request import NothingOffered, Offer, RunRequest
from loadgen.plan.target import target_of
from loadgen.shapes.form import chosen, spans

USERS_OF_A_WORKER = 250


def compile_plan(
    config: Config,
    request: RunRequest,
    *,
    now_id: str,
    offer: Offer | None = None,
    baseline: Baseline | None = None,
) -> Plan:
    """The plan of a run. `now_id`: its UTC start as `YYYYmmddHHMMSS`, for the run's name.

    `offer`: what preflight found missing at the target; None before it was asked. `baseline`: the run that throughput
    is measured against. Raises ConfigError with everything that does not fit; NothingOffered, which is one, when only
    what the target lacks does not.
    """
    check_request(config, request)
    asked = Asked(config, request)
    operations, dropped = chosen_operations(asked, offer)
    problems = [*asked.problems(), *operation_problems(asked, operations, dropped)]
    if problems:
        raise _refusal(asked, offer)(problems)
    measured = measured_of(asked, _workers(asked))
    found = criteria_of(asked, operations, measured, baseline)
    if problems := list(unjudged(asked, found, measured)):
        raise _refusal(asked, offer)(problems)
    criteria = tuple(criterion for criterion, _ in found)
    notes = (
        *(note for _, note in found if note),
        *too_late(abort_rules(asked, criteria), asked.course.stages()[-1].end),
        *_cut_off(asked, operations),
    )
    return _plan(asked, now_id, operations, dropped, criteria, tuple(dict.fromkeys(notes)))


def _refusal(asked: Asked, offer: Offer | None) -> type[ConfigError]:
    """What a plan is refused with: NothingOffered when there would be one if the target offered everything."""
    if offer is None or asked.problems():
        return ConfigError
    operations, dropped = chosen_operations(asked, None)
    if list(operation_problems(asked, operations, dropped)):
        return ConfigError
    measured = measured_of(asked, _workers(asked))
    found = criteria_of(asked, operations, measured, None)
    return ConfigError if list(unjudged(asked, found, measured)) else NothingOffered


def _plan(
    asked: Asked,
    now_id: str,
    operations: tuple[ConfiguredOperation, ...],
    dropped: dict[str, str],
    criteria: tuple[Criterion, ...],
    notes: tuple[str, ...],
) -> Plan:
    config, scenario, stages = asked.config, asked.scenario, asked.course.stages()
    bounds = _latency_bounds(criteria)
    workers = _workers(asked)
    late = product(config.validity.late_bound_share, min(bounds, default=scenario.latency.within))
    return Plan(
        run_id=f"{scenario.name}-{now_id}",
        scenario=scenario.name,
        purpose=scenario.purpose,
        shape=scenario.shape,
        test_type=asked.test_type,
        shares=asked.shares,
        time_scale=asked.request.time_scale,
        users=asked.course.load.users,
        duration=stages[-1].end,
        drain=config.defaults.drain,
        stages=stages,
        phases=_phases(stages, scenario.judged_phases),
        operations=tuple(record(operation) for operation in operations),
        think_times=_think_times(asked),
        criteria=criteria,
        validity=_validity(asked, late),
        target=target_of(asked),
        inputs=_inputs(asked),
        percentiles=config.reports.percentiles,
        window=config.reports.window,
        edges=edges_for((*bounds, late)),
        edges_version=EDGES_VERSION,
        workers=workers,
        scrape_interval=config.prometheus.scrape_interval,
        failure_samples=config.reports.failure_samples,
        abort_on=abort_rules(asked, criteria),
        measured=measured_of(asked, workers),
        resources=config.resources.record(asked.request.time_scale),
        log_requests=asked.request.log_requests,
        dropped=dropped,
        notes=notes,
    )


def _phases(stages: tuple[Stage, ...], wanted: tuple[str, ...] | None) -> tuple[Phase, ...]:
    found = spans(stages)
    judged = chosen(tuple(found), wanted)
    return tuple(Phase(name=n, start=start, end=end, judged=n in judged) for n, (start, end) in found.items())


def _latency_bounds(criteria: Iterable[Criterion]) -> tuple[float, ...]:
    """Every time that is judged; each must be an edge."""
    keys = ("seconds", "latency_seconds")
    return tuple(sorted({criterion.options[key] for criterion in criteria for key in keys if key in criterion.options}))


def _think_times(asked: Asked) -> dict[str, ThinkTime]:
    pauses = {test_type: getattr(asked.scenario.think_times, test_type) for test_type in asked.shares}
    return {test_type: ThinkTime(low=pause.low, high=pause.high) for test_type, pause in pauses.items()}


def _validity(asked: Asked, late_seconds: float) -> ValidityLimits:
    limits = asked.config.validity
    return ValidityLimits(
        late_share=limits.late_share,
        late_seconds=late_seconds,
        cpu_ratio=limits.cpu_ratio,
        cpu_time_share=limits.cpu_time_share,
        users_share=limits.users_share,
        scrape_gap_intervals=limits.scrape_gap_intervals,
    )


def _inputs(asked: Asked) -> Inputs:
    data, seed = asked.config.data, asked.request.seed
    return Inputs(
        seed=asked.config.defaults.seed if seed is None else seed,
        prompt_words=data.prompt_words.record(),
        speech_seconds=data.speech_seconds.record(),
        speech_words=data.speech_words.record(),
        prompts_file=data.prompts_file,
        wav_folder=data.wav_folder,
        wav_pool=data.wav_pool,
    )


def _workers(asked: Asked) -> int:
    """As asked; `auto`: one for each 250 users, at most one for each core. Never more than there are users."""
    users = asked.course.load.users
    wanted = asked.request.workers or asked.config.defaults.workers
    needed = wanted or min(-(-users // USERS_OF_A_WORKER), asked.request.cores)
    return max(1, min(needed, users))


def _cut_off(asked: Asked, operations: Iterable[ConfiguredOperation]) -> Iterable[str]:
    drain, longest = asked.config.defaults.drain, max((o.timeout for o in operations), default=0.0)
    if drain < longest:
        yield (
            f"The drain of {duration_text(drain)} is shorter than the longest timeout ({duration_text(longest)}): "
            "what is still in flight then counts as failed."
        )
