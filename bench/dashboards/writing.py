"""Writes a dashboard as Grafana's JSON, with the dashboards' own foundation SDK."""

import json
from typing import Any, Final, assert_never

from grafana_foundation_sdk.builders import common, dashboard, heatmap, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    Threshold,
    ThresholdsMode,
    VariableOption,
    VariableRefresh,
)
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from bench.dashboards.board import Board, Figure, Graph, HeatMap, Panel, Query, Variable

PROMETHEUS: Final = DataSourceRef("prometheus", "prometheus")       # type and uid, as in manifests/addons/grafana/config.yaml
TAG: Final = "lab"                      # of every one, by which each links to the others
HEIGHT: Final = 8                       # in Grafana's grid
OF_FIGURES: Final = 4


def as_json(board: Board) -> str:
    return json.dumps(_dashboard(board).build(), cls=JSONEncoder, sort_keys=True, indent=1) + "\n"


def _dashboard(board: Board) -> dashboard.Dashboard:
    others = dashboard.DashboardLink("lab").type(DashboardLinkType.DASHBOARDS).tags([TAG])
    made = dashboard.Dashboard(board.title).uid(f"lab-{board.name}").description(board.what).tags([TAG]).refresh("5s")
    made.time(f"now-{board.last}", "now").timezone("browser").tooltip(DashboardCursorSync.CROSSHAIR)
    made.link(others.as_dropdown(as_dropdown=True).include_vars(include_vars=True).keep_time(keep_time=True))
    for variable in board.variables:
        made.with_variable(_chosen(variable) if variable.query else _written_down(variable))
    for panel in board.panels:
        made.with_panel(_panel(panel))
    return made


def _chosen(variable: Variable) -> dashboard.QueryVariable:
    made = dashboard.QueryVariable(variable.name).label(variable.label).query(variable.query).datasource(PROMETHEUS)
    made.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).multi(multi=True).include_all(include_all=True)
    return made.current(VariableOption(selected=True, text=["All"], value=["$__all"]))


def _written_down(variable: Variable) -> dashboard.CustomVariable:
    first = VariableOption(selected=True, text=variable.values[0], value=variable.values[0])
    return dashboard.CustomVariable(variable.name).label(variable.label).values(",".join(variable.values)).current(first)


def _panel(panel: Panel) -> Any:
    made = _drawn(panel)
    made.title(panel.title).description(panel.what).unit(panel.unit).datasource(PROMETHEUS).span(panel.width)
    made.height(OF_FIGURES if isinstance(panel, Figure) else HEIGHT)
    for letter, query in zip("ABCDEFGH", panel.queries, strict=False):
        made.with_target(_target(panel, query).ref_id(letter))
    return made


def _drawn(panel: Panel) -> Any:
    match panel:
        case Graph():
            return _graph(panel)
        case Figure():
            return _figure(panel)
        case HeatMap():
            return _heat_map(panel)
        case _:
            assert_never(panel)


def _target(panel: Panel, query: Query) -> prometheus.Dataquery:
    made = prometheus.Dataquery().expr(query.expression).datasource(PROMETHEUS)
    made = made.instant() if isinstance(panel, Figure) else made.range()
    if query.legend:
        made.legend_format(query.legend)
    if isinstance(panel, HeatMap):
        made.format(PromQueryFormat.HEATMAP)
    return made.exemplar(exemplar=True) if query.exemplars else made


def _graph(panel: Graph) -> timeseries.Panel:
    legend = common.VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
    made = timeseries.Panel().legend(legend.show_legend(show_legend=True)).min(0).show_points(VisibilityMode.NEVER)
    made.tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
    if panel.stacked:
        made.fill_opacity(30).stacking(common.StackingConfig().mode(StackingMode.NORMAL))
    return made


def _figure(panel: Figure) -> stat.Panel:
    made = stat.Panel().graph_mode(BigValueGraphMode.NONE).color_mode(BigValueColorMode.VALUE)
    if panel.red_from is not None:
        made.thresholds(_steps("green", "red", panel.red_from))
    if panel.red_below is not None:
        made.thresholds(_steps("red", "green", panel.red_below))
    return made


def _steps(first: str, then: str, at: float) -> dashboard.ThresholdsConfig:
    steps = [Threshold(value=None, color=first), Threshold(value=at, color=then)]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def _heat_map(panel: HeatMap) -> heatmap.Panel:
    color = heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Oranges").steps(64)
    made = heatmap.Panel().calculate(calculate=False).color(color).y_axis(heatmap.YAxisConfig().unit(panel.unit))
    return made.exemplars_color("rgba(255,0,255,0.7)")
