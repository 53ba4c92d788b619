"""What a month at the run's rate would cost, by backend: a chart of the telemetry, and a table with the rest of the bill."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from labctl.cost.comparison import BackendCost
from labctl.cost.measured.volume import SIGNALS
from labctl.load.report.markup import Html, rows
from labctl.load.report.sections import section

_COLOURS: Final = {"traces": "var(--p50)", "metrics": "var(--p99)", "logs": "var(--answered)", "fixed": "var(--planned)"}


def chart(costs: Sequence[BackendCost]) -> Mapping[str, Any]:
    """Bars of what each backend charges, the cheapest on top; none where nothing was measured."""
    if not costs:
        return {}
    names = [row.name for row in reversed(costs)]
    parts = {**{name: [row.signal(name).high for row in reversed(costs)] for name in SIGNALS},
             "fixed": [row.fixed.high for row in reversed(costs)]}
    data = [
        {"type": "bar", "orientation": "h", "y": names, "x": [round(value, 2) for value in values], "name": name,
         "marker": {"color": _COLOURS[name]}, "hovertemplate": f"%{{y}}, {name}: $%{{x:.2f}}<extra></extra>"}
        for name, values in parts.items()
    ]
    return {"cost": {"data": data, "layout": {"barmode": "stack", "xaxis": {"title": {"text": "US dollars a month"}}}}}


def table(costs: Sequence[BackendCost]) -> Html:
    body = [
        (row.name, row.telemetry.text(), row.bill.total.text(), row.bill.per_million.text() if row.bill.per_million else "")
        for row in costs
    ]
    head = ("", "telemetry", "total", "per million requests")
    return section("A month at this rate", rows(head, body)) if costs else Html("")
