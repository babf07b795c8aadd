"""The kinds of panels, each with what no panel may lack: title, one sentence, unit, and why it may be empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from grafana_foundation_sdk.builders import common, heatmap, stat, statetimeline, table, timeseries, trend
from grafana_foundation_sdk.builders.dashboard import DashboardLink, FieldColor, ThresholdsConfig
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models.common import (
    AxisPlacement,
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    LegendDisplayMode,
    LegendPlacement,
    ScaleDistribution,
    SortOrder,
    TableCellHeight,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    DashboardRangeMapOptions,
    DashboardSpecialValueMapOptions,
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    RangeMap,
    RegexMap,
    SpecialValueMap,
    SpecialValueMatch,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from msgspec import Struct

from grafana import theme
from grafana.variables import DATASOURCE
from loadgen.catalogue import edges_for

SECONDS, SHARE, PER_SECOND, SHORT, NONE = "s", "percentunit", "reqps", "short", "none"
DURATION, CLOCK = "dthms", "time:HH:mm:ss"
BYTES, WHEN, CELSIUS = "bytes", "dateTimeAsIso", "celsius"
"""Grafana's names of the units."""

NO_RUN = "Nothing of this run in the time shown: choose a run above, or a wider time."

Panel = timeseries.Panel | stat.Panel | table.Panel | heatmap.Panel | statetimeline.Panel | trend.Panel
Timed = TypeVar("Timed", timeseries.Panel, trend.Panel)
Mappings = Sequence[ValueMap | RangeMap | RegexMap | SpecialValueMap]

EVERYTHING = "/.*/"
UNSAID = "–"
"""Of one cell or line without a value, where the panel has others: why it is empty is said only where all of it is."""

NOT_KNOWN = SpecialValueMap(
    options=DashboardSpecialValueMapOptions(
        match=SpecialValueMatch.NULL_AND_NAN, result=ValueMappingResult(text=UNSAID, color=theme.UNKNOWN, index=99)
    )
)
"""What is no number is shown as nothing."""

LONGEST, FOREVER = max(edges_for(())), 1e9
"""Seconds: no quantile of a histogram is longer than its last edge, and there it only says that it is not known."""

HIGHEST = {SHARE: 1.0, SHORT: 1.0, PER_SECOND: 1.0, "cps": 1.0, "ops": 1.0, "pps": 1.0, CELSIUS: 100.0, SECONDS: 0.01}
"""Up to where the axis of a unit goes at the least: one that only has zeros would go to something without meaning."""

BESIDE = 12
"""From so many columns on a legend stands beside the lines, as a table; in a narrower panel it is a list below."""

ROOM, ROOM_FOR_MANY = 330, 390
"""Pixels of a legend beside the lines; where there are many lines, their names are long."""


class Said(Struct, frozen=True, kw_only=True):
    """What every panel says of itself."""

    title: str
    description: str
    """One sentence."""
    unit: str
    empty: str = NO_RUN
    """Why there may be nothing to show."""
    width: int = 12
    """Of 24 columns."""
    height: int = 8


def lines(
    said: Said,
    *targets: Dataquery,
    calcs: Sequence[str] = ("lastNotNull", "max"),
    ranked: bool = False,
    many: bool = False,
) -> timeseries.Panel:
    """Lines over time, in the legend in the order of the targets: bounds come last.

    `many`: names are long. `ranked`: so they are, and the highest is on top. `calcs`: what a legend beside lines says.
    """
    panel = _quiet(_said(timeseries.Panel(), said, targets))
    legend = common.VizLegendOptions().show_legend(show_legend=True)
    if said.width < BESIDE:
        legend = legend.display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM).calcs([])
    else:
        legend = legend.display_mode(LegendDisplayMode.TABLE).placement(LegendPlacement.RIGHT).calcs(list(calcs))
        legend = legend.width(ROOM_FOR_MANY if ranked or many else ROOM)
        legend = legend.sort_by("Max").sort_desc(sort_desc=True) if ranked else legend
    panel = panel.legend(legend)
    if any(_is_bound(target) for target in targets):
        panel = panel.override_by_regexp(theme.BOUNDS, theme.limit())
    if said.unit in HIGHEST:
        panel = panel.axis_soft_max(HIGHEST[said.unit])
    panel = panel.tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    panel = panel.color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
    return panel.line_width(1).fill_opacity(0).show_points(VisibilityMode.NEVER).axis_soft_min(0).span_nulls(5000)


def quick_to_slow(panel: Timed) -> Timed:
    """`panel` with an axis on which both milliseconds and a minute can be read."""
    scale = common.ScaleDistributionConfig().type(ScaleDistribution.LOG).log(10)
    return panel.scale_distribution(scale).axis_soft_min(0.01).axis_soft_max(1.0)


def over(said: Said, axis: Dataquery, *targets: Dataquery) -> trend.Panel:
    """Lines over a number instead of the time: `axis` gives it at each moment, and its legend is the axis' name."""
    panel = _said(trend.Panel(), said, (axis, *targets)).x_field(axis.build().legend_format)
    if said.unit in HIGHEST:
        panel = panel.axis_soft_max(HIGHEST[said.unit])
    joined = DataTransformerConfig(id_val="joinByField", options={"byField": "Time", "mode": "outer"})
    without_time = {"excludeByName": {"Time": True}, "indexByName": {}, "renameByName": {}}
    panel = panel.with_transformation(joined)
    panel = panel.with_transformation(DataTransformerConfig(id_val="organize", options=without_time))
    panel = panel.legend(
        common.VizLegendOptions()
        .show_legend(show_legend=True)
        .display_mode(LegendDisplayMode.LIST)
        .placement(LegendPlacement.BOTTOM)
        .calcs([])
    )
    panel = panel.tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.NONE))
    panel = panel.line_width(1).fill_opacity(0).show_points(VisibilityMode.NEVER).axis_soft_min(0)
    return panel.override_by_name(axis.build().legend_format, [option("unit", SECONDS)])


def value(said: Said, *targets: Dataquery, mappings: Mappings = (), coloured: bool = False) -> stat.Panel:
    """The last value in large letters. `coloured`: on the colour of the value instead of in black and white."""
    panel = _said(stat.Panel(), said, targets).mappings(list(mappings)).graph_mode(BigValueGraphMode.NONE)
    words = BigValueTextMode.VALUE_AND_NAME if len(targets) > 1 else BigValueTextMode.VALUE
    panel = panel.color_mode(BigValueColorMode.BACKGROUND_SOLID if coloured else BigValueColorMode.NONE)
    return panel.text_mode(words).reduce_options(_last())


def name(said: Said, *targets: Dataquery, mappings: Mappings = ()) -> stat.Panel:
    """The names of the series in large letters, their legends, each with its value below."""
    return value(said, *targets, mappings=mappings).text_mode(BigValueTextMode.VALUE_AND_NAME)


def rows(
    said: Said,
    *targets: Dataquery,
    columns: Mapping[str, str],
    sort: str = "",
    down: bool = False,
    widths: Mapping[str, int] | None = None,
) -> table.Panel:
    """A table: a row for each series, a column for each target, joined by the labels that they share.

    `columns`: label or target → heading, in their order, a target as `#A`. What is not named is left out.
    `widths`: heading → pixels; the other columns share what remains.
    """
    columns = {_field(name, alone=len(targets) == 1): heading for name, heading in columns.items()}
    panel = _quiet(_said(table.Panel(), said, targets)).cell_height(TableCellHeight.SM).show_header(show_header=True)
    panel = panel.with_transformation(DataTransformerConfig(id_val="merge", options={}))
    arranged = {
        "includeByName": dict.fromkeys(columns, True),
        "indexByName": {name: index for index, name in enumerate(columns)},
        "renameByName": dict(columns),
    }
    panel = panel.with_transformation(DataTransformerConfig(id_val="organize", options=arranged))
    for heading, pixels in (widths or {}).items():
        panel = panel.override_by_name(heading, [option("custom.width", pixels)])
    return panel.sort_by([common.TableSortByFieldState().display_name(sort).desc(down)]) if sort else panel


def states(said: Said, *targets: Dataquery, mappings: Mappings) -> statetimeline.Panel:
    """What was so from when to when: a bar for each series, coloured by value.

    Without `insertNulls`: what Prometheus answers carries its step, which then makes the gaps; with both Grafana makes
    none, and draws every bar to the right edge.
    """
    panel = _said(statetimeline.Panel(), said, targets).mappings(list(mappings))
    panel = panel.show_value(VisibilityMode.AUTO).merge_values(merge_values=True).row_height(0.8)
    panel = panel.legend(common.VizLegendOptions().show_legend(show_legend=False))
    return panel.fill_opacity(85).line_width(0)


def density(said: Said, *targets: Dataquery) -> heatmap.Panel:
    """How many observations fell where over time, from a histogram's buckets."""
    panel = _said(heatmap.Panel(), said, targets).calculate(calculate=False)
    colours = heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Blues").steps(32)
    panel = panel.color(colours.exponent(0.5).reverse(reverse=False).fill("dark-blue"))
    axis = heatmap.YAxisConfig().unit(said.unit).axis_placement(AxisPlacement.LEFT).reverse(reverse=False)
    panel = panel.y_axis(axis).cell_gap(0).filter_values(heatmap.FilterValueRange().le(1e-9))
    return panel.tooltip(
        heatmap.HeatmapTooltip().mode(TooltipDisplayMode.SINGLE).show_color_scale(show_color_scale=True)
    )


def named(*texts: tuple[float, str, str]) -> list[ValueMap]:
    """Values with a word and a colour: `(1, "firing", theme.BAD)`."""
    options = {
        f"{value:g}": ValueMappingResult(text=word, color=colour, index=index)
        for index, (value, word, colour) in enumerate(texts)
    }
    return [ValueMap(options=options)]


def words(known: Mappings, width: int) -> list[DynamicConfigValue]:
    """A column of words on their colours, `width` pixels wide."""
    return [
        option("mappings", [*known, NOT_KNOWN]),
        option("custom.cellOptions", {"type": "color-background", "mode": "basic"}),
        option("custom.width", width),
    ]


def below(bound: float, colour: str, word: str) -> RangeMap:
    """A word and a colour for what is less than the bound."""
    result = ValueMappingResult(text=word, color=colour, index=100)
    return RangeMap(options=DashboardRangeMapOptions(to=bound, result=result))


def above(bound: float, colour: str) -> RangeMap:
    """A colour for what is more than the bound."""
    result = ValueMappingResult(color=colour, index=101)
    return RangeMap(options=DashboardRangeMapOptions(from_val=bound, result=result))


def not_known(quantile: float) -> RangeMap:
    """A word for a quantile of response times that lies beyond the last bucket, where failures are counted."""
    result = ValueMappingResult(text=f"over {1 - quantile:.0%} failed".replace("%", " %"), color=theme.BAD, index=102)
    return RangeMap(options=DashboardRangeMapOptions(from_val=LONGEST, to=FOREVER, result=result))


def steps(*bounds: tuple[float | None, str]) -> ThresholdsConfig:
    """Colours by value, from the lowest: `(None, theme.GOOD), (1, theme.BAD)`."""
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps([Threshold(value=v, color=c) for v, c in bounds])


def option(name: str, content: Any) -> DynamicConfigValue:
    """A field option of an override, such as `option("unit", "s")`."""
    return DynamicConfigValue(id_val=name, value=content)


def link(title: str, url: str) -> DashboardLink:
    """A link in a panel's corner or, as a data link, at its values."""
    return DashboardLink(title).type(DashboardLinkType.LINK).url(url)


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).values(values=False)


def _field(column: str, *, alone: bool) -> str:
    """What Grafana calls a column: the values of the only target have no letter."""
    return column if not column.startswith("#") else "Value" if alone else f"Value {column}"


def _is_bound(target: Dataquery) -> bool:
    return str(target.build().legend_format).startswith(("bound", "limit", "{{bound}}"))


def _quiet(panel: Any) -> Any:
    """`panel`, with nothing said in single cells and legends that have no value."""
    return panel.mappings([NOT_KNOWN]).override_by_regexp(EVERYTHING, [option("noValue", UNSAID)])


def _said(panel: Any, said: Said, targets: Sequence[Dataquery]) -> Any:
    """`panel`, with what every panel says; targets without a letter are given theirs in order."""
    for index, target in enumerate(targets):
        if not target.build().ref_id:
            target.ref_id(chr(ord("A") + index))
        panel = panel.with_target(target.datasource(DATASOURCE))
    panel = panel.title(said.title).description(said.description).datasource(DATASOURCE)
    panel = panel.unit(said.unit).no_value(said.empty).span(said.width).height(said.height)
    # Without colours of its own a panel would be green: that means good here, and nothing to show is not good.
    return panel.thresholds(steps((None, theme.UNKNOWN)))
