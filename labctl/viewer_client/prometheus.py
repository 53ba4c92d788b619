"""Prometheus text as metric series of the shape that the viewer's API has.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/ (text-based). A histogram's buckets are cumulative there.
"""

import re
from itertools import pairwise
from math import inf, isfinite
from typing import Any, Final

from labctl.telemetry.hops.prometheus_text import Labels, samples

_TYPE: Final = re.compile(r"# TYPE (\S+) (\w+)")
_PARTS: Final = ("_bucket", "_sum", "_count")
Family = dict[Labels, dict[str, Any]]


def series(text: str, service: str) -> list[dict[str, Any]]:
    """What cannot be read is left out. A summary has its count and sum alone."""
    types: dict[str, str] = dict(_TYPE.findall(text))
    families: dict[str, Family] = {}
    for name, labels, value in samples(text):
        family, part = _family(name, types)
        edge = dict(labels).get("le", "")
        own = tuple(pair for pair in labels if pair[0] not in {"le", "quantile"})
        found = families.setdefault(family, {}).setdefault(own, {"buckets": {}})
        if part == "_bucket":
            found["buckets"][float(edge)] = value
        elif part or types.get(family) not in {"histogram", "summary"}:
            found[part or "value"] = value
    return [
        {"service": service, "name": name, "attributes": dict(labels), "unit": "", **_one(found, types.get(name, "gauge"))}
        for name, family in families.items() for labels, found in family.items()
    ]


def _family(name: str, types: dict[str, str]) -> tuple[str, str]:
    """The metric that a sample belongs to, and which part of it it is."""
    for part in _PARTS:
        family = name.removesuffix(part)
        if family != name and types.get(family) in {"histogram", "summary"}:
            return family, part
    return name, ""


def _one(found: dict[str, Any], type_: str) -> dict[str, Any]:
    if type_ not in {"histogram", "summary"}:
        value = found.get("value")
        return {"type": "sum" if type_ == "counter" else "gauge", "monotonic": type_ == "counter",
                "value": value if value is None or isfinite(value) else None}
    buckets = sorted(found["buckets"].items())
    counts = [int(high - low) for (_, low), (_, high) in pairwise([(0.0, 0.0), *buckets])]
    return {
        "type": "histogram", "monotonic": True, "value": None, "count": int(found.get("_count", 0)), "sum": found.get("_sum"),
        "min": None, "max": None, "bounds": [edge for edge, _ in buckets if edge < inf], "counts": counts,
    }
