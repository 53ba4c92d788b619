"""A dashboard as plain values: panels of queries, and the variables that a viewer of it can choose."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

WHOLE, HALF, QUARTER = 24, 12, 6        # a panel's width in Grafana's grid


@dataclass(frozen=True, slots=True)
class Query:
    expression: str                     # each name of a metric followed by its {}, by which a test finds it
    legend: str = ""
    exemplars: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """Curves over time."""

    title: str
    what: str                           # what it shows and what to look for, in a sentence or two
    unit: str                           # of Grafana's list of units
    queries: Sequence[Query]
    width: int = HALF
    stacked: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, or one for each series."""

    title: str
    what: str
    unit: str
    queries: Sequence[Query]
    width: int = QUARTER
    red_from: float | None = None
    red_below: float | None = None


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Buckets of a histogram over time."""

    title: str
    what: str
    unit: str
    queries: Sequence[Query]
    width: int = WHOLE


Panel: TypeAlias = Graph | Figure | HeatMap


@dataclass(frozen=True, slots=True)
class Variable:
    """What can be chosen above the dashboard: values of a label, or a few written down."""

    name: str
    label: str
    query: str = ""                     # of Prometheus; all of its values are chosen at first
    values: tuple[str, ...] = ()        # the first is chosen at first


@dataclass(frozen=True, slots=True)
class Board:
    name: str                           # of its file, and part of its address in Grafana
    title: str
    what: str
    panels: Sequence[Panel]
    variables: Sequence[Variable] = ()
    last: str = "15m"                   # the time that it shows


SERVICE = Variable("service", "service", query="label_values(http_requests_total, service_name)")
OF_SERVICE = 'service_name=~"$service"'
RATE = "$__rate_interval"


def rate(metric: str, labels: str = "", by: str = "") -> str:
    """A second, of all series together, or by a label."""
    return f"sum{f' by ({by})' if by else ''} (rate({metric}{{{labels}}}[{RATE}]))"


def rates(metric: str, labels: str, by: str) -> list[Query]:
    return [Query(rate(metric, labels, by), f"{{{{{by}}}}}")]


def quantiles(metric: str, labels: str, *shares: str, exemplars: bool = False) -> list[Query]:
    """With exemplars at the last."""
    buckets = rate(f"{metric}_bucket", labels, "le")
    return [
        Query(f"histogram_quantile({share}, {buckets})", f"p{share[2:]}", exemplars=exemplars and share == shares[-1])
        for share in shares
    ]
