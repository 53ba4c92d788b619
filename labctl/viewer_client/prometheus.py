"""Prometheus text as metric series of the shape that the viewer's API has.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/ (text-based). A histogram's buckets are cumulative there.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import inf, isfinite
from typing import Any, Final

_TYPE: Final = re.compile(r"# TYPE (\S+) (\w+)")
_SAMPLE: Final = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ([^\s]+)")
_LABEL: Final = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_ESCAPED: Final = re.compile(r"\\(.)")
_PARTS: Final = ("_bucket", "_sum", "_count")
Labels = tuple[tuple[str, str], ...]
Family = dict[Labels, dict[str, Any]]


def series(text: str, service: str) -> list[dict[str, Any]]:
    """What cannot be read is left out. A summary has its count and sum alone."""
    types: dict[str, str] = dict(_TYPE.findall(text))
    families: dict[str, Family] = {}
    for name, labels, value in _samples(text.splitlines()):
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


def _samples(lines: Iterable[str]) -> Iterator[tuple[str, Labels, float]]:
    for line in lines:
        match = None if line.startswith("#") else _SAMPLE.match(line)
        if match:
            try:
                value = float(match[3])
            except ValueError:
                continue
            yield match[1], tuple((name, _ESCAPED.sub(_unescaped, text)) for name, text in _LABEL.findall(match[2] or "")), value


def _unescaped(match: re.Match[str]) -> str:
    return "\n" if match[1] == "n" else match[1]


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
