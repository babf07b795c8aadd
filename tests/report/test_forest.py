"""The chart of differences hides nothing that does not fit on it."""

from __future__ import annotations

import pytest

from loadgen.model.comparison import P95, TOO_FEW, UNCLEAR, Measure
from loadgen.report.charts.chart import NARROW, WIDE, Look
from loadgen.report.charts.forest import differences
from loadgen.report.charts.library import Axes
from tests.comparisons import compared, comparison, measure


def drawn(look: Look, *measures: Measure) -> Axes:
    """The panel of P95 of operations with these."""
    rows = tuple(compared("rest", f"operation{k}", one) for k, one in enumerate(measures))
    return differences(comparison(compared=rows)).figure(look).axes[-1]


def arrows(axes: Axes) -> list[tuple[str, float]]:
    """Those that have a place, with it."""
    heads = [line for line in axes.lines if line.get_marker() in {"<", ">"}]
    return [(str(line.get_marker()), float(x)) for line in heads for x in line.get_xdata()]


@pytest.mark.parametrize("look", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize(
    "low, high, marks", [(-0.9, 90.0, "<>"), (-0.1, 90.0, ">"), (-0.1, 0.2, "")], ids=["both", "one", "none"]
)
def test_an_interval_that_goes_on_beyond_the_scale_ends_in_an_arrowhead_there(look, low, high, marks):
    axes = drawn(look, measure(P95, 0.4, 0.42, low=low, high=high, status=UNCLEAR))
    left, right = axes.get_xlim()
    assert arrows(axes) == [(m, pytest.approx(left if m == "<" else right)) for m in marks]


def test_why_there_is_nothing_to_see_is_written_in_its_place():
    nothing = {"difference": None, "low": None, "high": None, "p": None}
    axes = drawn(
        WIDE,
        measure(P95, 0.4, 0.42, status=TOO_FEW, **nothing),
        measure(P95, 0.4, 0.42, status=UNCLEAR, **nothing),
        measure(P95, 0.4, None, status=UNCLEAR),
    )
    assert [text.get_text() for text in axes.texts] == ["too few", "not tested", "no value"]
