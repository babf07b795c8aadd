"""The plan as text for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from loadgen.config.values import FETCH
from loadgen.model.plan import Criterion, Expect, LengthDistribution, Operation, Plan, Secret
from loadgen.model.plan import Literal as Text
from loadgen.model.quantities import amount, duration_text, share_text
from loadgen.plan.abort import aborts
from loadgen.plan.describe_measured import limits, measured
from loadgen.plan.tables import counted, table
from loadgen.protocols.call import MIN_AUDIO, MIN_TEXT, PROMPT, RATE_LIMITED, SPEECH, SPEECH_TEXT, STATUSES
from loadgen.protocols.registry import CALLS
from loadgen.shapes.curve import users_of


def describe(plan: Plan) -> str:
    """Everything that the plan will do, in tables; secrets by the name of their variable."""
    sections: tuple[tuple[str, Iterator[str]], ...] = (
        ("Load", _load(plan)),
        ("Operations", _operations(plan)),
        ("Criteria", _criteria(plan)),
        ("Stopped early when", aborts(plan)),
        ("Invalid when", _validity(plan)),
        ("Target", _target(plan)),
        ("Inputs", _inputs(plan)),
        ("Measured", _measured(plan)),
        ("Beside the load", measured(plan)),
        ("At its limit", limits(plan)),
        ("Left out", table([(name, why) for name, why in plan.dropped.items()])),
        ("Notes", (f"  {note}" for note in plan.notes)),
    )
    blocks = [_heading(plan)]
    for title, lines in sections:
        text = "\n".join(lines)
        if text:
            blocks.append(f"{title}\n{text}")
    return "\n\n".join(blocks) + "\n"


def _heading(plan: Plan) -> str:
    people = ", ".join(f"{users_of(plan, test_type)} {test_type}" for test_type in plan.test_types)
    scale = "" if plan.time_scale == 1 else f", time scale {plan.time_scale:g}"
    return (
        f"{plan.run_id}: {plan.purpose}\n"
        f"  {plan.users} users at the peak ({people}), {duration_text(plan.duration)} and up to "
        f"{duration_text(plan.drain)} of drain, {counted(plan.workers, 'worker')}{scale}"
    )


def _load(plan: Plan) -> Iterator[str]:
    judged = {phase.name for phase in plan.phases if phase.judged}
    rows = [("phase", "from", "to", "users", "per second", "judged")]
    for stage in plan.stages:
        change = stage.to_users - stage.from_users
        users = f"{stage.from_users} to {stage.to_users}" if change else str(stage.to_users)
        rate = f"{change / (stage.end - stage.start):+.4g}" if change else ""
        verdict = "yes" if stage.phase in judged else "no"
        rows.append((stage.phase, _time(stage.start), _time(stage.end), users, rate, verdict))
    return table(rows, right=(1, 2))


def _operations(plan: Plan) -> Iterator[str]:
    rows = [("", "operation", "call", "share", "timeout", "think time", "judged", "settings")]
    for test_type in plan.test_types:
        operations = plan.operations_of(test_type)
        total = sum(operation.weight for operation in operations)
        pause = plan.think_times[test_type]
        think = f"{duration_text(pause.low)} to {duration_text(pause.high)}"
        for number, operation in enumerate(operations):
            share = f"{100 * operation.weight / total:.3g}%" if operation.weight else "on demand"
            rows.append(
                (
                    test_type if number == 0 else "",
                    operation.name,
                    operation.call,
                    share,
                    duration_text(operation.timeout),
                    think if operation.weight else "",
                    "yes" if operation.judged else "no",
                    _settings(operation),
                )
            )
    return table(rows, right=(3, 4))


def _settings(operation: Operation) -> str:
    """Its own settings and the expectations that differ from the usual; the others have no effect on its call."""
    usual, expect = Expect(), operation.expect
    expected = (
        (STATUSES, expect.statuses != usual.statuses, "status " + "/".join(map(str, expect.statuses))),
        (MIN_TEXT, expect.min_text != usual.min_text, f"text≥{expect.min_text}"),
        (MIN_AUDIO, expect.min_audio_seconds != usual.min_audio_seconds, f"audio≥{_audio(expect)}"),
        (RATE_LIMITED, expect.rate_limited, "429 expected"),
    )
    effective = CALLS[operation.test_type][operation.call].expects
    said = [f"{key}={value}" for key, value in operation.params.items()]
    return " ".join((*said, *(text for key, unusual, text in expected if unusual and key in effective)))


def _audio(expect: Expect) -> str:
    return duration_text(expect.min_audio_seconds)


def _criteria(plan: Plan) -> Iterator[str]:
    rows = [("criterion", "passes when", "samples", "counted")]
    for criterion in plan.criteria:
        say = _SAYINGS.get(criterion.kind, _any_kind)
        what = counted(len(criterion.operations), "operation") if criterion.operations else "the whole run"
        scope = f"{what} in {_phases(criterion.phases)}"
        rows.append((criterion.id, say(criterion), str(criterion.minimum), scope))
    return table(rows, right=(2,))


def _latency(criterion: Criterion) -> str:
    seconds, share = criterion.options["seconds"], criterion.options["share"]
    return f"{share_text(share)} or more succeed within {duration_text(seconds)}"


def _errors(criterion: Criterion) -> str:
    return f"fewer than {share_text(criterion.bound or 0.0)} fail"


def _throughput(criterion: Criterion) -> str:
    options = criterion.options
    form = f"{options['times']:g} × the baseline's rate, less {share_text(options['tolerance'])}"
    if criterion.bound is None:
        return f"{form}: no baseline yet"
    before = f"{options['baseline_rate']:.4g}/s in {options['baseline_run']}"
    return f"{criterion.bound:.4g}/s or more succeed: {form} ({before})"


def _recovery(criterion: Criterion) -> str:
    options, bound = criterion.options, criterion.bound or 0.0
    return (
        f"back within {duration_text(bound)} of the spike's end, for {duration_text(options['hold'])}, "
        f"in windows of {duration_text(options['window'])}"
    )


def _growth(criterion: Criterion) -> str:
    options, bound = criterion.options, criterion.bound or 0.0
    return (
        f"grows by {amount(bound, options['unit'])} or less from {_time(options['start'])} to {_time(options['end'])}, "
        f"at {share_text(options['confidence'])} confidence"
    )


def _query(criterion: Criterion) -> str:
    options, bound = criterion.options, criterion.bound or 0.0
    side = "at least" if options["at_least"] else "at most"
    return f"{options['expr']} is {side} {amount(bound, options['unit'])} at {_time(options['at'])}"


def _any_kind(criterion: Criterion) -> str:
    return f"bound {criterion.bound}"


_SAYINGS: dict[str, Callable[[Criterion], str]] = {
    "latency": _latency,
    "errors": _errors,
    "throughput": _throughput,
    "recovery": _recovery,
    "growth": _growth,
    "query": _query,
}


def _phases(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}" if len(names) > 3 else ", ".join(names)


def _validity(plan: Plan) -> Iterator[str]:
    limits = plan.validity
    gap = limits.scrape_gap_intervals * plan.scrape_interval
    yield (
        f"  more than {share_text(limits.late_share)} of the operations begin later than "
        f"{duration_text(limits.late_seconds)} through the generator's fault"
    )
    yield (
        f"  a worker is above {share_text(limits.cpu_ratio)} of a core for more than "
        f"{share_text(limits.cpu_time_share)} of the time"
    )
    yield f"  fewer than {share_text(limits.users_share)} of the planned users run on a plateau"
    yield f"  something that a criterion needs is unseen for more than {duration_text(gap)}"
    yield "  a worker is lost, a counter is reset, or Locust's count and Prometheus' differ"


def _target(plan: Plan) -> Iterator[str]:
    """Where the load goes and what it takes along; nothing that only another test type would use."""
    target = plan.target
    rows = [("name", f"{target.name} ({target.kind})")]
    used = [key for test_type in plan.test_types for key in _ADDRESSES[test_type]]
    rows += [(key, getattr(target, key)) for key in (*used, "control") if getattr(target, key)]
    if "rest" in plan.shares:
        rows.append(("token", "each user fetches its own" if target.token == FETCH else "none"))
    if not _HTTP.isdisjoint(plan.shares):
        rows += [("header", f"{name}: {_shown(value)}") for name, value in target.headers.items()]
    if "grpc" in plan.shares:
        rows += [("metadata", f"{name}: {_shown(value)}") for name, value in target.metadata.items()]
        rows += [("tls", "gRPC too")] if target.tls.grpc else []
    if target.identities and not _HTTP.isdisjoint(plan.shares):
        rows.append(("identities", f"{target.identities} addresses in X-Forwarded-For"))
    if target.honour_retry_after:
        rows.append(("Retry-After", "honoured"))
    if target.allow:
        rows.append(("allowed", ", ".join(target.allow)))
    rows += [("option", f"{key}: {value}") for key, value in target.options.items()]
    return table(rows)


_ADDRESSES = {"rest": ("rest",), "websocket": ("websocket",), "grpc": ("llm", "stt", "tts")}
_HTTP = frozenset({"rest", "websocket"})
"""The test types that send headers."""


def _shown(value: Secret | Text) -> str:
    return f"{value.prefix}${value.env}" if isinstance(value, Secret) else value.text


def _inputs(plan: Plan) -> Iterator[str]:
    """What is sent, as far as an operation needs it."""
    inputs, needed = plan.inputs, {CALLS[o.test_type][o.call].needs for o in plan.operations}
    sent = {
        PROMPT: ("prompts", inputs.prompts_file or _lengths(inputs.prompt_words, "words")),
        SPEECH_TEXT: ("texts to speak", _lengths(inputs.speech_words, "words")),
        SPEECH: ("recordings", inputs.wav_folder or _lengths(inputs.speech_seconds, "s")),
    }
    return table([*(row for need, row in sent.items() if need in needed), ("seed", str(inputs.seed))])


def _lengths(lengths: LengthDistribution, unit: str) -> str:
    cut = f"from {lengths.low:g} to {lengths.high:g} {unit}"
    return f"generated, median {lengths.median:g} {unit}, P95 {lengths.p95:g}, {cut}"


def _measured(plan: Plan) -> Iterator[str]:
    percentiles = " ".join(f"P{100 * share:.10g}" for share in plan.percentiles)
    yield f"  scrapes every {duration_text(plan.scrape_interval)}, live values over {duration_text(plan.window)}"
    yield f"  {percentiles} from {len(plan.edges)} bucket edges (version {plan.edges_version})"
    kept = f"{counted(plan.failure_samples, 'failure')} of each kind kept"
    yield f"  {kept}{', every operation logged' if plan.log_requests else ''}"


def _time(seconds: float) -> str:
    return f"{seconds:.6g}s"
