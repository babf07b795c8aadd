"""A dashboard: what all of them share, and the places of its panels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models.dashboard import (
    AnnotationContainer,
    Dashboard,
    DashboardCursorSync,
    DashboardDashboardTemplating,
    DashboardLink,
    DashboardLinkType,
    GridPos,
    RowPanel,
    VariableModel,
)
from grafana_foundation_sdk.models.dashboard import Panel as BuiltPanel
from msgspec import Struct

from grafana.annotations import all_marks
from grafana.panels import Panel
from grafana.variables import datasource

TAG = "june-loadtest"

RUN, OPERATIONS, RESOURCES = "june-run", "june-operations", "june-resources"
COMPARE, RUNS, GENERATOR = "june-compare", "june-runs", "june-generator"
"""The uids: they are part of every address that somebody has noted down."""

TITLES = {
    RUN: "Run",
    OPERATIONS: "Operations",
    RESOURCES: "Resources",
    COMPARE: "Compare",
    RUNS: "Runs",
    GENERATOR: "Generator",
}
"""By uid, in the order of the links."""

COLUMNS = 24


class Row(Struct, frozen=True):
    """A titled row of panels, placed from left to right; a full line begins the next. Without a title there is none."""

    title: str
    panels: tuple[Panel, ...]
    folded: bool = False
    """Only its title is shown, and nothing of it is asked for, until somebody opens it."""


class Board(Struct, frozen=True, kw_only=True):
    """What is particular to one dashboard."""

    uid: str
    description: str
    rows: tuple[Row, ...]
    variables: tuple[builders.QueryVariable, ...] = ()
    annotated: bool = True
    """Phases, alerts and the first resource that gave way are drawn into its panels."""
    since: str = "now-15m"
    refresh: str = "5s"


def built(board: Board) -> Dashboard:
    """The dashboard as Grafana reads it."""
    made = builders.Dashboard(f"June load test / {TITLES[board.uid]}").uid(board.uid)
    made = made.description(board.description).tags([TAG]).readonly().timezone("browser")
    made = made.time(board.since, "now").refresh(board.refresh).tooltip(DashboardCursorSync.CROSSHAIR)
    found = made.build()
    found.links = [_link(board.uid, uid).build() for uid in TITLES if uid != board.uid]
    found.templating = DashboardDashboardTemplating(list_val=_variables(board))
    found.annotations = all_marks() if board.annotated else AnnotationContainer()
    found.panels = list(_placed(board.rows))
    for number, panel in enumerate(_all_of(found.panels), start=1):
        panel.id_val = number
    for one in (*found.links, *(link for panel in _all_of(found.panels) for link in _links_of(panel))):
        one.placement = None  # type: ignore[assignment]  # where it is seen, and not in a menu
    return found


def address(uid: str, **variables: str) -> str:
    """A link to another dashboard that keeps time and data source; `variables` as `run="$run"`.

    Raises KeyError for a uid that no dashboard has.
    """
    chosen = "".join(f"&var-{name}={value}" for name, value in variables.items())
    return f"/d/{uid}/{TITLES[uid].lower()}?${{__url_time_range}}&${{datasource:queryparam}}{chosen}"


def _link(here: str, uid: str) -> builders.DashboardLink:
    """A run's time is kept between its dashboards; that of the list of runs lies on no run, and a run's on no list."""
    link = builders.DashboardLink(TITLES[uid]).type(DashboardLinkType.LINK).url(f"/d/{uid}").icon("dashboard")
    told = "A run's name in the list leads to it with its time" if here == RUNS else f"The same run in {TITLES[uid]}"
    told = "Every run of the last week" if uid == RUNS else told
    return link.keep_time(keep_time=RUNS not in {here, uid}).include_vars(include_vars=True).tooltip(told)


def _links_of(panel: BuiltPanel | RowPanel) -> Sequence[DashboardLink]:
    return (panel.links or ()) if isinstance(panel, BuiltPanel) else ()


def _variables(board: Board) -> list[VariableModel]:
    return [datasource().build(), *(variable.build() for variable in board.variables)]


def _placed(rows: Sequence[Row]) -> list[BuiltPanel | RowPanel]:
    """Rows and panels with their places, from the top."""
    found: list[BuiltPanel | RowPanel] = []
    y = 0
    for row in rows:
        if row.title:
            title = builders.Row(row.title).build()
            title.grid_pos = _place(0, y, COLUMNS, 1)
            found.append(title)
            y += 1
        panels = _lined_up(row.panels, y)
        if row.folded:
            title.collapsed, title.panels = True, panels
        else:
            found += panels
            y = max((_below(panel) for panel in panels), default=y)
    return found


def _lined_up(panels: Sequence[Panel], y: int) -> list[BuiltPanel]:
    """The panels of a row, from left to right and from line `y` downwards."""
    found: list[BuiltPanel] = []
    x = height = 0
    for panel in (one.build() for one in panels):
        size = _size(panel)
        if x + size.w > COLUMNS:
            x, y, height = 0, y + height, 0
        size.x, size.y = x, y
        x, height = x + size.w, max(height, size.h)
        found.append(panel)
    return found


def _place(x: int, y: int, width: int, height: int) -> GridPos:
    return GridPos(x=x, y=y, w=width, h=height)


def _size(panel: BuiltPanel) -> GridPos:
    if panel.grid_pos is None:
        raise ValueError(f"{panel.title}: has no width and height; give both in what it says of itself")
    return panel.grid_pos


def _below(panel: BuiltPanel) -> int:
    size = _size(panel)
    return size.y + size.h


def _all_of(panels: Sequence[BuiltPanel | RowPanel]) -> Iterator[BuiltPanel | RowPanel]:
    for panel in panels:
        yield panel
        if isinstance(panel, RowPanel):
            yield from panel.panels
