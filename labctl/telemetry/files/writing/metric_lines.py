"""Data points as the store keeps them, as OTLP JSON.

What the store does not keep is not in it: a metric's description, whether a sum is a delta (it is taken for cumulative), and of
an exponential histogram or a summary what makes it one, as it is kept as a histogram with bounds.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from labctl.telemetry.files.writing.json_writer import number, quoted
from labctl.telemetry.files.writing.selection import Selection, of_run
from labctl.telemetry.otlp.metric_points import NO_RECORDED_VALUE
from labctl.telemetry.store.store import Store

_POINTS: Final = 500                    # of one line
_CUMULATIVE: Final = 2                  # AggregationTemporality
_COLUMNS: Final = "time, value, count, sum, min, max, bounds, counts"


def pages(store: Store, wanted: Selection) -> Iterator[list[tuple[int, str]]]:
    if wanted.is_one_trace or not (times := of_run(store, wanted)):
        return
    page, size = list[tuple[int, str]](), 0
    for series in _series(store):
        for points in _points(store, series, times):
            page.append((series[1], _metric(series, points)))
            size += len(points)
            if size >= _POINTS:
                yield page
                page, size = [], 0
    if page:
        yield page


def _series(store: Store) -> Iterator[Any]:
    after = -1
    while rows := store.read("SELECT id, resource, name, unit, type, monotonic, attributes, start FROM series WHERE id > ?"
                             " ORDER BY id LIMIT 500", (after,)):
        yield from rows
        after = rows[-1][0]


def _points(store: Store, series: Any, times: Selection) -> Iterator[list[str]]:
    after = times.begin - 1
    while rows := store.read(f"SELECT {_COLUMNS} FROM points WHERE series = ? AND time > ? AND time <= ? ORDER BY time"
                             f" LIMIT {_POINTS}", (series[0], after, times.end)):
        exemplars = store.read("SELECT time, value, trace_id, span_id FROM exemplars WHERE series = ? AND time > ? AND time <= ?"
                               " ORDER BY time LIMIT 10000", (series[0], after, rows[-1][0]))
        # which point an exemplar came with is not kept: they all stand with the last one of the page
        yield [_point(series, row, exemplars if row is rows[-1] else []) for row in rows]
        after = rows[-1][0]


def _metric(series: Any, points: list[str]) -> str:
    _, _, name, unit, kind, monotonic, _, _ = series
    more = "" if kind == "gauge" else f'"aggregationTemporality":{_CUMULATIVE},'
    more += '"isMonotonic":true,' if kind == "sum" and monotonic else ""
    return f'{{"name":{quoted(name)},"unit":{quoted(unit)},"{kind}":{{{more}"dataPoints":[{",".join(points)}]}}}}'


def _point(series: Any, row: Any, exemplars: list[Any]) -> str:
    time, value, count, total, low, high, bounds, counts = row
    fields = [f'"startTimeUnixNano":"{series[7]}"', f'"timeUnixNano":"{time}"', f'"attributes":[{_pairs(json.loads(series[6]))}]']
    if exemplars:
        fields.append(f'"exemplars":[{",".join(map(_exemplar, exemplars))}]')
    if value is not None:
        fields.append(f'"asDouble":{_number(value)}')
    elif count is None:
        fields.append(f'"flags":{NO_RECORDED_VALUE}')
    else:
        fields.append(f'"count":"{count}"')
        figures = (("sum", total), ("min", low), ("max", high))
        fields += [f'"{name}":{_number(found)}' for name, found in figures if found is not None]
        fields.append(f'"explicitBounds":[{",".join(map(number, json.loads(bounds or "[]")))}]')
        counted = ",".join(f'"{one}"' for one in json.loads(counts or "[]"))
        fields.append(f'"bucketCounts":[{counted}]')
    return f"{{{','.join(fields)}}}"


def _exemplar(row: Any) -> str:
    time, value, trace, span = row
    return f'{{"timeUnixNano":"{time}","asDouble":{_number(value)},"traceId":"{trace.hex()}","spanId":"{span.hex()}"}}'


def _number(found: float | str) -> str:
    """NaN is kept as text."""
    return number(float(found))


def _pairs(found: dict[str, Any]) -> str:
    return ",".join(f'{{"key":{quoted(key)},"value":{_any(one)}}}' for key, one in found.items())


def _any(found: Any) -> str:
    return "{}" if found is None else f"{{{_KINDS[type(found)](found)}}}"


_KINDS: Final[dict[type, Callable[[Any], str]]] = {
    bool: lambda found: f'"boolValue":{str(found).lower()}', int: lambda found: f'"intValue":"{found}"',
    float: lambda found: f'"doubleValue":{number(found)}', str: lambda found: f'"stringValue":{quoted(found)}',
    list: lambda found: f'"arrayValue":{{"values":[{",".join(map(_any, found))}]}}',
    dict: lambda found: f'"kvlistValue":{{"values":[{_pairs(found)}]}}',
}
