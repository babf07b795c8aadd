"""Comparisons made by hand: five runs against five in which the language model became a fifth slower."""

from __future__ import annotations

import math
from typing import Any

from loadgen.model.comparison import (
    ERROR_RATE,
    EXIT_REGRESSION,
    P50,
    P95,
    P99,
    RATE,
    REGRESSION,
    RUNS,
    SAME,
    TOO_FEW,
    UNCLEAR,
    Compared,
    Comparison,
    Curve,
    Measure,
    Side,
)

SMALLEST = {RATE: 0.05, ERROR_RATE: 0.005, P50: 0.1, P95: 0.1, P99: 0.15}
UNITS = {RATE: "operations per second", ERROR_RATE: "ratio", P50: "seconds", P95: "seconds", P99: "seconds"}


def measure(name: str, base: float | None, run: float | None, **changes: Any) -> Measure:
    """`run` against `base`; the interval reaches as far as half the smallest effect to either side."""
    smallest = SMALLEST[name]
    by = None if base is None or run is None else (run - base if name == ERROR_RATE else run / base - 1)
    fields: dict[str, Any] = {
        "measure": name,
        "unit": UNITS[name],
        "base": base,
        "run": run,
        "difference": by,
        "low": None if by is None else by - smallest / 2,
        "high": None if by is None else by + smallest / 2,
        "p": None if by is None else 1.0,
        "smallest": smallest,
        "status": TOO_FEW if by is None else SAME,
        "sentence": "",
    }
    return Measure(**{**fields, **changes})


def worse(name: str, base: float, run: float) -> Measure:
    """A change for the worse, with its sentence."""
    sentence = f"{name.upper()}: {base:g} s, then {run:g} s, by more than chance."
    return measure(name, base, run, status=REGRESSION, p=0.008, sentence=sentence)


def compared(test_type: str, name: str, *measures: Measure, judged: bool = True) -> Compared:
    """A row; rate and errors as they were."""
    usual = (measure(RATE, 12.5, 12.4), measure(ERROR_RATE, 0.001, 0.0012))
    return Compared(test_type=test_type, name=name, judged=judged, measures=(*usual, *measures))


def quantiles(*times: float) -> tuple[Measure, ...]:
    """P50, P95 and P99, a hundredth slower than they were."""
    return tuple(measure(name, time, 1.01 * time) for name, time in zip((P50, P95, P99), times, strict=True))


def side(number: int, **changes: Any) -> Side:
    """The run of that number, one a minute."""
    fields: dict[str, Any] = {
        "run_id": f"target-2025113012{number:02d}00",
        "folder": f"target/20251130_12{number:02d}00",
        "started": 1_764_504_000.0 + 60 * number,
        "verdict": "PASS",
        "version": "0.1.0",
        "commit": "1f2e3d4",
        "target": "sim",
    }
    return Side(**{**fields, **changes})


def curves(runs: tuple[tuple[str, str], ...]) -> tuple[Curve, ...]:
    """A wave for each run, later runs a little higher; one moment is unknown."""
    times = tuple(float(second) for second in range(0, 120, 2))
    found = []
    for number, (which, run_id) in enumerate(runs):
        for name, height in (("rate", 12.0), ("error_rate", 0.001), ("p95", 0.5 if which == "base" else 0.6)):
            for test_type, factor in (("rest", 1.0), ("grpc", 1.4)):
                values = [height * factor * (1 + 0.05 * math.sin(at / 9 + number)) for at in times]
                found.append(
                    Curve(
                        side=which,
                        run_id=run_id,
                        name=name,
                        test_type=test_type,
                        times=times,
                        values=(None, *values[1:]),
                    )
                )
    return tuple(found)


def comparison(**changes: Any) -> Comparison:
    """Five against five: the calls to the model became slower, one operation was asked too seldom, one is unclear."""
    base = tuple(side(number) for number in (1, 4, 5, 8, 9))
    run = tuple(side(number, target="sim-slower-llm") for number in (2, 3, 6, 7, 10))
    fields: dict[str, Any] = {
        "base": base,
        "run": run,
        "scenario": "target",
        "test_type": "all",
        "time_scale": 0.5,
        "unit": RUNS,
        "method": "Whole runs are the unit: 5 before and 5 after. Every way to deal them out was tried.",
        "confidence": 0.95,
        "tests": 23,
        "forced": (),
        "differences": ("target.services.llm.seconds is 0.25 before and 0.3 after",),
        "compared": (
            compared("", "", *quantiles(0.2, 0.6, 0.9)),
            compared("rest", "", *quantiles(0.1, 0.4, 0.7)),
            compared(
                "grpc",
                "",
                *quantiles(0.25, 0.7, 1.1)[:2],
                measure(
                    P99, 1.1, 1.2, low=-0.1, high=0.3, p=0.5, status=UNCLEAR, sentence="P99: too wide an interval."
                ),
            ),
            compared("rest", "chat", *quantiles(0.1, 0.4, 0.7)),
            compared("rest", "health", *quantiles(0.002, 0.004, 0.006), judged=False),
            compared(
                "grpc",
                "llm_chat",
                worse(P50, 0.25, 0.3),
                worse(P95, 0.5, 0.6),
                measure(P99, None, None),
            ),
            compared(
                "grpc",
                "stt_recognize",
                *quantiles(0.3, 0.8, 1.2)[:2],
                measure(P99, 1.2, 1.3, low=-0.1, high=0.27, p=0.6, status=UNCLEAR),
            ),
        ),
        "curves": curves((*(("base", one.run_id) for one in base), *(("run", one.run_id) for one in run))),
        "conclusion": "regression",
        "exit_code": EXIT_REGRESSION,
        "sentence": "Worse: grpc:llm_chat (P50 +20%, P95 +20%).",
    }
    return Comparison(**{**fields, **changes})


def hostile(text: str) -> Comparison:
    """One in which everything that others have named or said is that text."""
    sentence = worse(P95, 0.5, 0.6)
    told = Measure(**{name: getattr(sentence, name) for name in sentence.__struct_fields__} | {"sentence": text})
    rows = (
        compared("", "", *quantiles(0.2, 0.6, 0.9)),
        compared(text or "-", "", *quantiles(0.2, 0.6, 0.9)[:2], measure(P99, 1.0, 1.1, status=UNCLEAR, sentence=text)),
        compared(text, text or "-", measure(P50, 0.25, 0.26), told),
    )
    named = dict.fromkeys(("run_id", "folder", "verdict", "version", "commit", "target"), text)
    return comparison(
        base=(side(1, **named),),
        run=(side(2, **named),),
        scenario=text,
        test_type=text,
        forced=(text,),
        differences=(text,),
        compared=rows,
        curves=curves((("base", text), ("run", f"{text} again"))),
        method=text,
        sentence=text,
    )
