"""Charts show what the contents say, whatever stands in them, in every size and in both themes."""

from __future__ import annotations

import ast
import itertools
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from msgspec import structs

from grafana import theme
from loadgen.criteria.shares import percent
from loadgen.model.comparison import Comparison
from loadgen.model.evidence import AlertTransition, Series
from loadgen.model.inert import inert
from loadgen.model.plan import Phase
from loadgen.report import charts
from loadgen.report.charts import DARK, LIGHT, draw, png, svg
from loadgen.report.charts.breaches import _stretches
from loadgen.report.charts.chart import NARROW, WIDE, Look
from loadgen.report.charts.colours import QUANTILES, REASONS, TEST_TYPES
from loadgen.report.charts.comparison import draw_comparison
from loadgen.report.charts.curves import Curve, curves, total
from loadgen.report.charts.inline import _short
from loadgen.report.charts.known import lost
from loadgen.report.charts.library import FigureCanvasAgg, mpl
from loadgen.report.charts.pictures import _drawn
from loadgen.report.charts.texts import shown
from loadgen.report.charts.time_axis import TimeAxis
from loadgen.report.charts.timeline import _by_reason, timeline
from loadgen.report.contents import Report
from loadgen.verdict.sentences import response_time
from tests.comparisons import comparison
from tests.comparisons import hostile as hostile_comparison
from tests.hostile import HOSTILE
from tests.reports import hostile_report, report
from tests.runs import STARTED

ROOM = Path(charts.__file__).parent
NAMES = (
    "timeline",
    "resources",
    "response_time_over_time",
    "distribution",
    "response_time_by_endpoint",
    "p95_response_time",
    "error_rate_by_endpoint",
)
COMPARED = ("differences", "p95_over_time", "rate_over_time", "error_rate_over_time")
ALL = {chart.name: chart for chart in (*draw(report()), *draw_comparison(comparison()))}


@cache
def in_page(name: str, *, narrow: bool = False) -> str:
    """A chart of them as it stands in a page. Drawing takes a tenth of a second, and many laws look at the same."""
    return svg(ALL[name], narrow=narrow)


@cache
def picture(name: str) -> bytes:
    """Likewise as a file."""
    return png(ALL[name])


HEX = re.compile(r"#[0-9a-fA-F]{6}")


def words(text: str) -> str:
    """Everything that is written in an SVG."""
    return " ".join("".join(one.itertext()) for one in ET.fromstring(text).iter() if one.tag.endswith("text"))


def empty() -> Report:
    """Of a run in which no load was sent."""
    return structs.replace(
        report(),
        started=None,
        ended=None,
        series=(),
        resources=(),
        saturation=None,
        recovery=(),
        rows=tuple(structs.replace(row, count=0, failures=0, quantiles={}, mean=None) for row in report().rows),
        distributions=tuple(structs.replace(d, counts=(0,) * len(d.counts)) for d in report().distributions),
    )


def test_there_is_a_chart_for_each_thing_that_a_report_shows():
    assert tuple(chart.name for chart in draw(report())) == NAMES
    assert tuple(chart.name for chart in draw_comparison(comparison())) == COMPARED


@pytest.mark.parametrize("name", [*NAMES, *COMPARED])
def test_a_chart_is_a_picture_and_two_sizes_of_it_for_a_page(name: str):
    assert picture(name).startswith(b"\x89PNG")
    wide, narrow = (ET.fromstring(in_page(name, narrow=narrow)) for narrow in (False, True))
    assert wide.get("viewBox", "").split()[2] == f"{WIDE.width:g}"
    assert narrow.get("viewBox", "").split()[2] == f"{NARROW.width:g}"


@pytest.mark.parametrize("name", ["timeline", "distribution", "differences"])
def test_the_same_records_give_the_same_bytes(name: str):
    assert png(ALL[name]) == picture(name)
    assert svg(ALL[name], narrow=True) == in_page(name, narrow=True)


@pytest.mark.parametrize("look", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("name", [*NAMES, *COMPARED])
def test_nothing_is_written_outside_a_chart(name: str, look: Look):
    with _drawn(ALL[name], look) as figure:
        renderer = FigureCanvasAgg(figure).get_renderer()
        figure.draw(renderer)
        texts = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
        ticks = (tick for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) for tick in axis._update_ticks())
        texts += [tick.label1 for tick in ticks if tick.label1.get_visible()]
        for text in texts:
            box = text.get_window_extent(renderer)
            assert box.x0 >= -1, text
            assert box.y0 >= -1, text
            assert box.x1 <= look.width + 4, text
            assert box.y1 <= figure.get_figheight() * figure.dpi + 1, text


def test_charts_in_one_page_share_no_id_and_refer_to_their_own():
    found: Counter[str] = Counter()
    for name, narrow in itertools.product(ALL, (False, True)):
        text = in_page(name, narrow=narrow)
        own = [one.get("id") for one in ET.fromstring(text).iter() if one.get("id")]
        assert set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', text)) <= {
            pair for one in own for pair in ((one, ""), ("", one))
        }
        found.update(own)
    assert set(found.values()) == {1}


@pytest.mark.parametrize("name", [*NAMES, *COMPARED])
def test_every_colour_in_a_page_is_one_that_the_page_can_change(name: str):
    text = in_page(name)
    bare = re.sub(r"var\(--chart-[a-z0-9-]+,#[0-9a-f]{6}\)", "", text)
    assert "var(--chart-" in text
    assert not HEX.findall(bare)


def test_a_chart_says_its_title_and_what_is_to_be_seen():
    for chart in ALL.values():
        root = ET.fromstring(in_page(chart.name, narrow=True))
        said = [root.find(f"{{http://www.w3.org/2000/svg}}{kind}") for kind in ("title", "desc")]
        assert [one.text for one in said if one is not None] == [inert(chart.title), inert(chart.alt)]
        assert root.get("role") == "img"
        assert chart.alt


# -------------------------------------------------------------------------------------------------------------- colours


def test_no_two_colours_are_alike_and_both_themes_have_all():
    assert len(set(LIGHT.values())) == len(LIGHT)
    assert list(DARK) == list(LIGHT)


def test_colours_mean_in_a_report_what_they_mean_on_the_dashboards():
    hues = {"good": theme.GOOD, "bad": theme.BAD, "invalid": theme.INVALID, "unknown": theme.UNKNOWN}
    hues |= {"warning": theme.WARNING, "achieved": theme.ACHIEVED}
    assert {name: LIGHT[name] for name in hues} == {name: hue.lower() for name, hue in hues.items()}
    assert {name: hue.lower() for name, hue in theme.TEST_TYPES.items()} == TEST_TYPES
    assert {name.lower(): hue.lower() for name, hue in theme.QUANTILES.items()} == QUANTILES


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_words_and_lines_stand_out_from_their_ground(colours: dict[str, str]):
    def light(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one: str, other: str) -> float:
        high, low = sorted((light(colours[one]), light(colours[other])), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for ground in ("surface", "shade", "shade-spike"):
        assert contrast("ink", ground) >= 7
        assert contrast("muted", ground) >= 4.5
    lines = set(colours) - {"ink", "muted", "grid", "surface", "shade", "shade-spike", "band", "stay"}
    assert {line: contrast(line, "surface") for line in lines if contrast(line, "surface") < 3} == {}


# --------------------------------------------------------------------------------------------------- any text in a name


WORST = [HOSTILE.index(text) for text in HOSTILE if "\ud800" in text or "</script>" in text or "\x00" in text]
NAMED = ("p95_response_time", "differences")
"""Charts that are drawn for every text; all are drawn for those that did harm elsewhere."""
AT_ONCE = 10
"""Texts in one drawing."""


def with_names(texts: Sequence[str]) -> tuple[Report, Comparison]:
    """A report and a comparison with a row for each of the texts, so that it is drawn for all of them at once."""
    run, both = hostile_report(texts[0]), hostile_comparison(texts[0])
    row = next(row for row in report().rows if row.name and row.failures)
    rows = tuple(structs.replace(row, name=text or "-", test_type=text, reasons={text: 3}) for text in texts)
    subject = both.compared[-1]
    subjects = tuple(structs.replace(subject, test_type=text, name=text or "-") for text in texts)
    return structs.replace(run, rows=rows), structs.replace(both, compared=subjects)


@pytest.mark.parametrize("place", range(0, len(HOSTILE), AT_ONCE))
def test_a_name_does_nothing_in_a_chart_but_stand_there(place: int):
    texts = HOSTILE[place : place + AT_ONCE]
    run, both = with_names(texts)
    drawn = [one for one in (*draw(run), *draw_comparison(both)) if one.name in NAMED]
    seen = [svg(one, narrow=True) for one in drawn]
    for text in texts:
        assert all(shown(text, 20)[:8] in words(one) for one in seen), text
    for one in seen:
        check_harmless(one)


@pytest.mark.parametrize("place", WORST)
def test_the_worst_names_do_nothing_in_any_chart(place: int):
    for chart in (*draw(hostile_report(HOSTILE[place])), *draw_comparison(hostile_comparison(HOSTILE[place]))):
        check_harmless(svg(chart, narrow=True))


def check_harmless(text: str) -> None:
    """The elements of a drawing, and nothing in them that is run or fetched."""
    allowed = {
        "svg",
        "g",
        "path",
        "text",
        "tspan",
        "defs",
        "style",
        "use",
        "clipPath",
        "rect",
        "title",
        "desc",
        "image",
    }
    root = ET.fromstring(text)
    assert {one.tag.rpartition("}")[2] for one in root.iter()} <= allowed
    for one in root.iter():
        assert not [key for key in one.attrib if key.startswith("on")]
        assert one.get("href", "#").startswith("#")
        assert "url(http" not in one.get("style", "")


@pytest.mark.parametrize("name", ["日本語 🙂", "$\\alpha_{x}$ $", "_hidden", "two\nlines"])
def test_any_name_is_drawn_as_it_is_in_a_picture(name: str, recwarn: pytest.WarningsRecorder):
    found = {chart.name: chart for chart in draw(hostile_report(name))}
    for kind in ("timeline", "p95_response_time"):
        assert png(found[kind]).startswith(b"\x89PNG")
    assert inert(name) in words(svg(found["p95_response_time"], narrow=False))
    assert not recwarn.list


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_name_keeps_its_beginning_and_its_end(text: str):
    found, plain = shown(text, 20), inert(text)
    assert found.isprintable()
    assert len(found) <= 20
    assert found == plain or (plain.startswith(found.split("…")[0]) and plain.endswith(found.rsplit("…", 1)[1]))


# ---------------------------------------------------------------------------------------------------- what there is not


@pytest.mark.parametrize("place", range(len(NAMES)))
def test_a_chart_without_data_says_why_it_is_empty(place: int):
    chart = list(draw(empty()))[place]
    for narrow in (False, True):
        assert re.search(r"\b([Nn]o|[Nn]ot|[Nn]one)\b", words(svg(chart, narrow=narrow)))
    assert png(chart).startswith(b"\x89PNG")


def test_a_comparison_without_curves_and_measures_says_so():
    found = comparison(compared=(), curves=())
    assert all(
        "None" in words(svg(chart, narrow=False)) or "Nothing" in chart.alt + words(svg(chart, narrow=False))
        for chart in draw_comparison(found)
    )


def test_a_run_without_a_failure_says_so_instead_of_bars():
    rows = tuple(structs.replace(row, failures=0, failure_share=0.0, reasons={}) for row in report().rows)
    chart = {one.name: one for one in draw(structs.replace(report(), rows=rows))}["error_rate_by_endpoint"]
    count = sum(row.count for row in rows if row.name)
    assert f"None of {count} operations failed" in words(svg(chart, narrow=False))


# --------------------------------------------------------------------------------------------------------- what it says


def test_bars_say_the_figures_of_the_table():
    drawn = words(in_page("p95_response_time"))
    for row in report().rows:
        if row.name and row.quantiles["p95"] is not None:
            assert row.name in drawn
            assert response_time(row.quantiles["p95"]) in drawn


def test_bars_of_failures_say_how_many_of_how_many():
    drawn = words(in_page("error_rate_by_endpoint"))
    for row in report().rows:
        if row.name and row.failures:
            assert f"{percent(row.failure_share or 0)} · {row.failures} of {row.count}" in drawn


def test_the_course_of_the_run_names_its_phases_what_failed_and_how_long_it_took_to_be_back():
    drawn = words(in_page("timeline"))
    for part in ("spike (not judged)", "recovery", "What failed, and when", "latency:rest", "bound 2 s", "running"):
        assert part in drawn
    (back,) = report().recovery
    assert f"rest back after {back.seconds:g} s" in drawn or "rest not back" in drawn


def test_what_gave_way_first_is_drawn_first_and_said_so():
    first = report().saturation
    assert first is not None
    assert first.first
    drawn = words(in_page("resources"))
    assert "gave way first" in drawn.split("limit")[1] + drawn.split("limit")[2]


def test_a_narrow_chart_of_differences_shows_only_what_is_not_the_same():
    drawn = words(in_page("differences", narrow=True))
    assert "llm_chat" in drawn
    assert "health" not in drawn
    assert "health" in words(in_page("differences"))


def test_the_words_for_the_course_name_each_highest_p95():
    (highest,) = (one.highest for one in curves(report(), TimeAxis.of(report()), "p95"))
    assert f"Highest P95 of judged operations: rest {response_time(highest)}." in ALL["timeline"].alt


def test_rates_and_failures_say_that_they_are_of_all_operations_and_quantiles_of_the_judged():
    drawn = words(svg(ALL["timeline"], narrow=False))
    for part in ("All operations per second", "All failures per second", "P95 response time of judged operations"):
        assert part in drawn
    assert "judged operations" in ALL["response_time_over_time"].title


@pytest.mark.parametrize(
    "earlier, fired, told",
    [
        ((), (8,), "breached from 0:08 to the end"),
        ((2, 4), (8,), "breached from 0:08 to the end, breached for a while before (0:02 to 0:04)"),
        ((2, 4), (), "failed at the end, breached for a while before (0:02 to 0:04)"),
        ((), (), "known at the end only"),
    ],
    ids=["to the end", "and before", "only before", "never"],
)
def test_a_breach_that_was_mended_is_none_to_the_end(earlier: tuple[float, ...], fired: tuple[float, ...], told: str):
    own = {"criterion": "latency:rest", "role": "acceptance"}
    alerts = tuple(
        AlertTransition(at=STARTED + at, alert="A", labels=own, state=state)
        for at, state in zip(
            (*earlier, *fired), ("firing", "resolved", "firing") if earlier else ("firing",), strict=False
        )
    )
    drawn = words(svg(timeline(structs.replace(report(), alerts=alerts)), narrow=False))
    assert f"latency:rest: {told}" in drawn
    assert "for certain" not in drawn


def test_the_p95_is_drawn_whatever_the_percentiles_of_the_table_are():
    rows = tuple(structs.replace(row, quantiles={"p90": row.quantiles["p90"]}) for row in report().rows)
    found = {chart.name: chart for chart in draw(structs.replace(report(), rows=rows))}
    for name in ("p95_response_time", "response_time_by_endpoint"):
        assert found[name].alt == ALL[name].alt


def all_failed() -> Report:
    """Of a run of which every operation failed."""
    rows = tuple(
        structs.replace(row, failures=row.count, failure_share=1.0, quantiles=dict.fromkeys(row.quantiles))
        for row in report().rows
    )
    spread = tuple(
        structs.replace(one, counts=(*(0 for _ in one.edges), sum(one.counts))) for one in report().distributions
    )
    series = tuple(
        structs.replace(one, values=tuple(1.0 for _ in one.values)) if one.name == "error_rate" else one
        for one in report().series
        if one.name not in QUANTILES
    )
    return structs.replace(report(), rows=rows, distributions=spread, series=series)


def test_where_every_operation_failed_charts_say_that_and_not_that_nothing_was_counted():
    found = {chart.name: chart for chart in draw(all_failed())}
    (count,) = (row.count for row in report().rows if not row.test_type)
    assert f"All {count} judged operations failed" in words(svg(found["distribution"], narrow=False))
    assert "all failed" in words(svg(found["p95_response_time"], narrow=False))
    for name in ("timeline", "response_time_over_time"):
        assert "more than 5% failed: no P95" in words(svg(found[name], narrow=False))
        assert "no P95 from 0:00" in found[name].alt


@pytest.mark.parametrize(
    "p50, p95, errors, expected",
    [
        ((1, 1, 1), (2, None, 2), (0.0, 0.02, 0.0), [(1, 2)]),
        ((None, None, None), (None, None, None), (0.0, 0.02, 0.06), [(2, 10)]),
        ((None, None, None), (None, None, None), (0.0, 0.0, 0.0), []),
        ((1, 1, 1), (2, 2, 2), (0.9, 0.9, 0.9), []),
    ],
    ids=["a gap", "nothing known", "nothing ended", "known"],
)
def test_a_quantile_is_lost_where_too_many_fail_and_not_where_nothing_ended(
    p50: Sequence[float | None],
    p95: Sequence[float | None],
    errors: Sequence[float],
    expected: list[tuple[float, float]],
):
    named = {"p50": p50, "p95": p95, "error_rate": errors}
    series = tuple(
        Series(
            name=name, labels={"test_type": "rest"}, unit="", times=(STARTED, STARTED + 1, STARTED + 2), values=values
        )
        for name, values in ((name, tuple(values)) for name, values in named.items())
    )
    axis = TimeAxis(STARTED, 10, ())
    assert lost(structs.replace(report(), series=series), axis, "p95", "rest") == expected


@pytest.mark.parametrize("started", [-1e12, STARTED - 1e6], ids=["ages ago", "days ago"])
def test_a_moment_that_cannot_be_does_not_stretch_the_axis(started: float):
    axis = TimeAxis.of(structs.replace(report(), started=started))
    assert axis.end <= 2 * report().planned + 600
    assert len(TimeAxis(0, 1e12, ()).ticks(WIDE)) <= 15


# ------------------------------------------------------------------------------------------------------------ the parts


def transition(at: float, state: str) -> AlertTransition:
    return AlertTransition(at=STARTED + at, alert="A", labels={}, state=state)


@pytest.mark.parametrize(
    "fired, expected",
    [
        ([], []),
        ([(10, "firing"), (20, "resolved")], [(10, 20)]),
        ([(20, "resolved"), (10, "firing")], [(10, 20)]),
        ([(10, "firing")], [(10, 100)]),
        ([(-5, "firing"), (20, "resolved"), (150, "firing")], [(0, 20), (100, 100)]),
        ([(5, "firing"), (6, "firing"), (20, "resolved"), (21, "resolved")], [(5, 20)]),
    ],
    ids=["never", "once", "unsorted", "to the end", "before and after", "two of a kind"],
)
def test_an_alert_is_drawn_while_it_fired(fired: list[tuple[float, str]], expected: list[tuple[float, float]]):
    time = TimeAxis(STARTED, 100, ())
    assert _stretches([transition(*one) for one in fired], time) == expected


def test_a_sum_is_unknown_only_where_all_its_parts_are():
    nan = float("nan")
    (found,) = total([Curve("a", [0, 1, 2], [1, nan, nan]), Curve("b", [0, 1, 2], [2, 3, nan])])
    assert str(found.y) == str([3, 3, nan])
    assert total([]) == []


def test_reasons_stand_in_the_order_of_how_often_they_occurred_and_the_rarest_are_one():
    reasons = [f"reason{place}" for place in range(len(REASONS) + 3)]
    series = tuple(
        Series(name="failures", labels={"reason": reason}, unit="", times=(STARTED,), values=(float(place),))
        for place, reason in enumerate(reasons)
    )
    found = _by_reason(structs.replace(report(), series=series), TimeAxis(STARTED, 10, ()))
    assert [one.name for one in found] == [*reversed(reasons[-len(REASONS) + 1 :]), "3 other reasons"]
    assert sum(one.y[0] for one in found) == sum(range(len(reasons)))


def test_the_axis_ends_with_the_last_operation_of_a_run_that_was_stopped():
    stopped = structs.replace(report(), outcome="interrupted", ended=STARTED + 42)
    assert TimeAxis.of(stopped).end == 42
    assert TimeAxis.of(report()).end >= max(phase.end for phase in report().phases)


@pytest.mark.parametrize("length", [0.5, 7, 30, 299, 1800, 36_000])
@pytest.mark.parametrize("look", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_axis_has_a_few_round_moments(length: float, look: Look):
    phases = (Phase(name="steady", start=0, end=length, judged=True),)
    ticks = TimeAxis(0, length, phases).ticks(look)
    assert ticks[0] == 0
    assert len(ticks) <= (6 if look.narrow else 15)
    assert all(tick == round(tick) <= max(length, 1) for tick in ticks)


def test_a_path_in_steps_leads_where_the_path_in_places_led():
    path = "M 0.04 10.06 \nL 1.11 9.96 \nL 1.14 10.04 \nL 700 -3.33 \nM 5 5 \nL 5.5 6 \nz\n"
    places, x, y = [], 0.0, 0.0
    for letter, a, b in re.findall(r"([Ml])(-?[\d.]+?)(?: |(?=-))(-?[\d.]+)", _short(path)):
        x, y = (float(a), float(b)) if letter == "M" else (x + float(a), y + float(b))
        places.append((round(x, 1), round(y, 1)))
    assert places == [(0.0, 10.1), (1.1, 10.0), (700.0, -3.3), (5.0, 5.0), (5.5, 6.0)]
    assert _short("M 0 0 C 1 1 2 2 3 3") == "M 0 0 C 1 1 2 2 3 3"


# ---------------------------------------------------------------------------------------------------------- the library


def test_only_one_module_takes_in_matplotlib_and_none_its_state_of_its_own():
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert "matplotlib.pyplot" not in names
            if path.name != "library.py":
                assert not [name for name in names if name.partition(".")[0] == "matplotlib"], path.name


def test_what_the_user_set_for_charts_of_his_own_does_not_count():
    plain = in_page("p95_response_time")
    with mpl.rc_context({"lines.linewidth": 9, "font.size": 31, "text.usetex": True}):
        assert svg(ALL["p95_response_time"], narrow=False) == plain


def python(code: str, home: Path, state: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MPL", "XDG_"))}
    environment |= {"HOME": str(home), "LOADGEN_HOME": str(state)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def test_fonts_are_listed_in_the_state_folder_and_nothing_is_written_at_home(tmp_path: Path):
    home, state = tmp_path / "home", tmp_path / "state"
    home.mkdir()
    assert python("import os, loadgen.report.charts; assert 'MPLCONFIGDIR' not in os.environ", home, state) == ""
    assert list((state / "matplotlib").glob("fontlist*.json"))
    assert list(home.iterdir()) == []


def test_charts_are_drawn_where_the_state_folder_cannot_be_made(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "file").write_text("")
    assert python("import loadgen.report.charts", home, tmp_path / "file" / "state") == ""
    assert list(home.iterdir()) == []


def test_a_run_loads_no_library_for_charts_or_statistics_before_its_load_has_ended(tmp_path: Path):
    code = "import sys, loadgen.cli, loadgen.run.orchestrate; print({'matplotlib', 'numpy', 'scipy'} & {*sys.modules})"
    assert python(code, tmp_path, tmp_path) == "set()\n"
