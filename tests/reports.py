"""The records of a failed spike run made by hand, the content of its report, and the same with any text in it.

All of it is consistent: the series follow the plan's load, the books add up, and the verdict is the judge's.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import cache
from typing import Any

from msgspec import structs

from loadgen.model.evidence import AlertTransition, Blocks, Evidence, Extremes, Query, Series, Tally
from loadgen.model.measured import Machine, PhaseUse, ResourceUse
from loadgen.model.plan import Plan
from loadgen.model.record import Count, Event, RunRecord
from loadgen.model.run import Run
from loadgen.report.assemble import report_of
from loadgen.report.contents import Report
from loadgen.verdict.judge import judge
from tests.aftermaths import back_after, course
from tests.plans import errors, example_plan, latency, recovery
from tests.runs import STARTED, cpu_series, evidence, record, scraped, seconds_of, users_series
from tests.small_plan import operation
from tests.uses import use

FOLDER = "spike/20251130_120000"
MEDIANS = {"chat": 0.25, "transcribe": 0.6, "health": 0.004}
BOOKS = {
    ("chat", "warmup"): (40, 0, {}),
    ("chat", "steady"): (550, 12, {}),
    ("chat", "spike"): (6200, 2900, {"timeout": 240, "http_5xx": 60}),
    ("chat", "recovery"): (1150, 190, {"timeout": 4}),
    ("transcribe", "warmup"): (20, 0, {}),
    ("transcribe", "steady"): (260, 3, {}),
    ("transcribe", "spike"): (2400, 1300, {"connect": 35}),
    ("transcribe", "recovery"): (560, 41, {}),
    ("health", "steady"): (60, 0, {}),
    ("health", "spike"): (110, 0, {}),
    ("health", "recovery"): (115, 0, {}),
}
"""By operation and phase: operations, those of them that succeeded after about 3 s, and failures by reason."""
COUNTED = ("chat", "transcribe")
PERCENTILES = (0.5, 0.75, 0.9, 0.95, 0.99)


@cache
def failed_spike() -> Run:
    """50 users, then 500: too slow in the spike and for half a minute after it, when the pool was used up."""
    plan = spike_plan()
    found = evidence(plan, tallies(plan), **_seen(plan))
    told = _record(plan, found)
    return Run(plan=plan, record=told, evidence=found, verdict=judge(plan, told, found), folder=FOLDER)


def spike_plan() -> Plan:
    """Two judged operations and one that is not."""
    operations = (*(operation("rest", name) for name in COUNTED), operation("rest", "health", judged=False))
    criteria = (latency("rest", *COUNTED), errors("rest", *COUNTED), recovery("rest", *COUNTED))
    return example_plan(
        operations=operations, criteria=criteria, purpose="to see whether it comes back", percentiles=PERCENTILES
    )


@cache
def report() -> Report:
    """Of the failed spike, with two failures kept."""
    return report_of_run(failed_spike())


def report_of_run(run: Run) -> Report:
    """Of any run, with two failures kept."""
    return report_of(run.plan, run.record, run.evidence, run.verdict, failure_lines())


def failure_lines(detail: str = "HTTP 503") -> tuple[bytes, ...]:
    """Two lines of failures.jsonl."""
    kept = {"test_type": "rest", "operation": "chat", "phase": "spike", "request_id": "spike-rest-7-1"}
    slow = {"time": STARTED + 80.5, "reason": "timeout", "message": "no answer in time", "response_time": 5.0}
    bad = {"time": STARTED + 91.25, "reason": "http_5xx", "status": "503", "message": detail, "excerpt": detail}
    return tuple(json.dumps(kept | one).encode() + b"\n" for one in (slow, bad))


def hostile_report(text: str) -> Report:
    """The same, with `text` wherever a text of the configuration, the target or the machine may come to stand."""
    plain = report()
    return structs.replace(
        plain,
        run_id=text,
        scenario=text,
        purpose=text,
        target=text,
        sentence=text,
        version=text,
        commit=text,
        notes=(text,),
        problems=(text,),
        unmeasured=(text,),
        environment={text: text},
        prometheus={"url": text},
        plan=plain.plan | {"purpose": text, "notes": [text]},
        criteria=tuple(structs.replace(c, criterion=text, sentence=text, query=text) for c in plain.criteria),
        validity=tuple(structs.replace(c, sentence=text) for c in plain.validity),
        recovery=tuple(structs.replace(r, criterion=text, sentence=text) for r in plain.recovery),
        saturation=plain.saturation and structs.replace(plain.saturation, sentence=text, first=text),
        rows=tuple(structs.replace(r, name=text if r.name else "", reasons={text: 3}) for r in plain.rows),
        phase_rows=tuple(structs.replace(r, reasons={text: 3}) for r in plain.phase_rows),
        distributions=tuple(structs.replace(d, name=text if d.name else "") for d in plain.distributions),
        bounds=tuple(structs.replace(b, criterion=text, operations=(text,)) for b in plain.bounds),
        failures=tuple(
            structs.replace(f, name=text, reason=text, status=text, detail=text, request_id=text)
            for f in plain.failures
        ),
        series=tuple(structs.replace(s, labels=dict.fromkeys(s.labels, text)) for s in plain.series),
        machines=tuple(structs.replace(m, address=text, host=text, system=text, gpus=(text,)) for m in plain.machines),
        resources=tuple(structs.replace(u, id=text, subject=text) for u in plain.resources),
        alerts=tuple(structs.replace(a, alert=text, labels={"criterion": text}) for a in plain.alerts),
        events=tuple(structs.replace(e, text=text) for e in plain.events),
        queries=tuple(structs.replace(q, id=text, expression=text) for q in plain.queries),
    )


def tallies(plan: Plan) -> tuple[Tally, ...]:
    """The books, response times spread around each operation's median."""
    phases = (*(phase.name for phase in plan.phases), "cooldown")
    return tuple(_tally(plan, o.name, phase) for o in plan.operations for phase in phases)


def _tally(plan: Plan, name: str, phase: str) -> Tally:
    count, slow, failures = BOOKS.get((name, phase), (0, 0, {}))
    good = count - slow - sum(failures.values())
    spread = (good * _below(edge, MEDIANS[name]) + slow * _below(edge, 3.0) for edge in plan.edges)
    return Tally(
        test_type="rest",
        name=name,
        phase=phase,
        requests=count,
        failures=failures,
        buckets=(*map(round, spread), count),
        total_seconds=good * MEDIANS[name] + 3.0 * slow + 5.0 * sum(failures.values()),
    )


def _below(edge: float, median: float) -> float:
    """Share of a lognormal distribution below an edge; all of it below two and a half medians."""
    return 1.0 if edge > 2.5 * median else (1 + math.erf(math.log(edge / median) / 0.35 / math.sqrt(2))) / 2


def _record(plan: Plan, found: Evidence) -> RunRecord:
    """The same books at Locust as at Prometheus."""
    own = {o.name: [t for t in found.tallies if t.name == o.name] for o in plan.operations}
    counts = tuple(
        Count(
            test_type="rest",
            name=name,
            requests=sum(t.requests for t in parts),
            failures=sum(sum(t.failures.values()) for t in parts),
        )
        for name, parts in own.items()
    )
    return record(
        plan,
        locust=counts,
        workers=counts,
        events=(Event(at=STARTED + 200, kind="note", text="Somebody looked on."),),
        environment={"python": "3.11.7", "host": "box", "cpus": 2, "memory_bytes": 8 * 2**30},
        prometheus={"version": "2.42.0", "url": "http://127.0.0.1:9090", "started_by_us": True},
    )


def _seen(plan: Plan) -> dict[str, Any]:
    """What Prometheus had beside the tallies."""
    (criterion,) = (c for c in plan.criteria if c.kind == "recovery")
    alert = {"criterion": "latency:rest", "role": "acceptance"}
    return {
        "extremes": tuple(
            Extremes(test_type="rest", name=name, minimum=median / 3, maximum=4.9 if name in COUNTED else 0.01)
            for name, median in MEDIANS.items()
        ),
        "series": (
            *cpu_series(plan, 0.3),
            *users_series(plan),
            *scraped(plan),
            *_charted(plan),
            *course(plan, criterion, back_after(20)),
        ),
        "values": {criterion.id: 30.0},
        "firing": ("latency:rest",),
        "alerting": ("latency:rest",),
        "alerts": (AlertTransition(at=STARTED + 96, alert="LoadtestLatencyBreached", labels=alert, state="firing"),),
        "blocks": tuple(_block(t) for t in tallies(plan) if t.phase in {"steady", "recovery"}),
        "queries": (
            Query(id="loadtest_requests_total", expression="sum (loadtest_requests_total)", time=STARTED + 302),
            Query(
                id="rate",
                expression='sum by (test_type) (test_type:loadtest_requests:rate{run_id=~"a|b"})',
                time=None,
                start=STARTED,
                end=STARTED + 302,
                step=1.0,
            ),
        ),
        "resources": (_pool(), use("host_cpu", "box")),
        "machines": (
            Machine(
                address="10.0.0.7:9611",
                host="june-1",
                system="Linux 6.1.0 x86_64",
                cpus=16,
                memory_bytes=64 * 2.0**30,
                gpus=("Handmade GPU, driver 999.9",),
            ),
        ),
        "unmeasured": ("GPUs were not measured: there is none.",),
    }


def _block(tally: Tally) -> Blocks:
    """A phase in halves."""
    start, end = (5.0, 60.0) if tally.phase == "steady" else (180.0, 300.0)
    first = tuple(count // 2 for count in tally.buckets)
    failed = sum(tally.failures.values())
    return Blocks(
        test_type=tally.test_type,
        name=tally.name,
        phase=tally.phase,
        times=(start, (start + end) / 2, end),
        requests=(first[-1], tally.requests - first[-1]),
        failures=(failed // 2, failed - failed // 2),
        buckets=(first, tuple(b - a for a, b in zip(first, tally.buckets, strict=True))),
    )


def _pool() -> ResourceUse:
    phases = (("steady", 0.2, 0.4, 0.0), ("spike", 0.93, 1.0, 0.9), ("recovery", 0.3, 1.0, 0.1))
    seen = tuple(PhaseUse(phase=p, mean=mean, maximum=most, at_limit=share) for p, mean, most, share in phases)
    return use("application_pool", "sim/main", reached=66.0, value=1.0, left=200.0, phases=seen)


def _charted(plan: Plan) -> tuple[Series, ...]:
    """The courses of a report, a point a second, as the planned users would have them."""
    (users,) = users_series(plan)
    level = [value or 0.0 for value in users.values]

    def series(name: str, unit: str, value: Callable[[float], float | None], **labels: str) -> Series:
        return Series(name=name, labels=labels, unit=unit, times=seconds_of(plan), values=tuple(map(value, level)))

    rest = {"test_type": "rest"}
    return (
        series("users_target", "users", lambda users: users, **rest),
        series("in_flight", "operations", lambda users: users / 5, **rest),
        series("rate", "operations per second", lambda users: 0.3 * users, **rest),
        series("error_rate", "ratio", lambda users: 0.04 if users > 100 else 0.0, **rest),
        series(
            "failures", "operations per second", lambda users: users / 200 if users > 100 else 0.0, reason="timeout"
        ),
        series(
            "failures", "operations per second", lambda users: users / 900 if users > 100 else 0.0, reason="connect"
        ),
        series("p50", "seconds", lambda users: 0.3 + users / 250 if users else None, **rest),
        series("p95", "seconds", lambda users: 0.6 + users / 150 if users else None, **rest),
        series("p99", "seconds", lambda users: 0.9 + users / 110 if users else None, **rest),
        series("late_share", "ratio", lambda _users: 0.001),
        series("event_loop_lag", "seconds", lambda _users: 0.002),
        series("resource_use", "ratio", lambda users: min(1.0, users / 250), resource="application_pool:sim/main"),
        series(
            "resource_waiting", "waiting", lambda users: max(0.0, users - 250), resource="application_pool:sim/main"
        ),
        series("resource_use", "ratio", lambda users: 0.1 + users / 1200, resource="host_cpu:box"),
    )


def shortened(whole: Report, points: int = 3) -> Report:
    """With the first points of every series alone, so that a person can read what is made of it."""
    series = tuple(structs.replace(s, times=s.times[:points], values=s.values[:points]) for s in whole.series)
    return structs.replace(whole, series=series)
