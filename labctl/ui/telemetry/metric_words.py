"""A metric series in words: its name with its attributes, and its figures with their unit."""

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from rich.text import Text

from labctl import numbers
from labctl.ui.kit.palette import DIM
from labctl.ui.kit.safe_text import visible

_SHORT: Final = {"http.response.status_code": "status", "model.name": "model.name", "otel.component.name": "component"}
# what says nothing more: the address of the one that is exported to, a component's type beside its name, who the collector is
_HIDDEN: Final = re.compile(r"otel_scope_|service_|server[._](address|port)$|url[._]path$|otel\.component\.type$")
_MILLISECONDS: Final = {"ms": 1.0, "s": 1000.0}
Series = Mapping[str, Any]


def label(series: Series, *, named: bool = True) -> Text:
    """The name, unless the row above has it, and the attributes, each by the last word of its own name."""
    lines = [Text(visible(series["name"]))] if named else []
    for name, value in (series.get("attributes") or {}).items():
        if not _HIDDEN.match(name):
            lines.append(Text(f"  {visible(_SHORT.get(name) or name.rpartition('.')[2])}={visible(value)}", DIM))
    return Text("\n").join(lines or [Text(visible(series["name"]))])


def number(value: float | str | None, series: Mapping[str, Any]) -> str:
    """`value` can be a word that OTLP's JSON has for a number that JSON lacks: NaN, Infinity, -Infinity."""
    unit = str(series.get("unit") or "")
    if value is None:
        return numbers.MISSING
    value = float(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}\N{INFINITY}"
    if unit in _MILLISECONDS:
        return numbers.milliseconds(value * _MILLISECONDS[unit])
    if unit == "By":
        return numbers.size(value)
    # a unit in braces is a remark and not a unit (UCUM), and the name of the metric says it already
    suffix = "" if unit.startswith("{") or unit in {"", "1"} else f" {visible(unit)}"
    return (numbers.count(value) if value == round(value) else f"{value:.3g}") + suffix
