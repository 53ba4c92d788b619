"""OTLP requests that have a text in every place that can hold one, for the tests of redaction."""

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
ENDS = {"startTimeUnixNano": "1764127980123456789", "endTimeUnixNano": "1764127980223456789"}


def by_itself(text: str) -> dict[str, dict[str, Any]]:
    """By signal."""
    told = f"ValueError: {text}"
    trace = f'Traceback (most recent call last):\n  File "x.py", line 3, in f\n{told}\n'
    return _requests(
        resource=[_pair("note", text)],
        span={
            "name": text, "status": {"code": 2, "message": text}, "traceState": f"vendor={text}",
            "attributes": [
                _pair("note", text), _pair("deep", _list(text)), _pair("json", json.dumps({"note": text})),
                _pair("keyed", _value({"deep": {text: "x"}})),
            ],
            "events": [{"name": text, "attributes": [_pair("exception.message", told), _pair("exception.stacktrace", trace)]}],
            "links": [{"traceId": TRACE_ID, "spanId": "b7ad6b7169203332", "attributes": [_pair("note", text)]}],
        },
        metric={"name": "queue_length", "description": text, "unit": text, "metadata": [_pair("note", text)]},
        point=[_pair("note", text)],
        records=[
            {"body": _value(text), "severityText": text, "eventName": text}, {"body": _list(text)}, {"body": _value({text: "x"})},
            {"body": {"bytesValue": b64encode(text.encode()).decode()}}, {"body": _beside_nan(text)},
            {"body": _value("x"), "attributes": [_pair(text, "x"), _pair("not_json", _beside_nan(text))]},
        ],
        schema=f"https://example.com/?{text}",
    )


def named(name: str, value: str) -> dict[str, dict[str, Any]]:
    """As the value of an attribute, at the top and in structures, and in texts that give the name."""
    pair, within = _pair(name, value), _value({"request": {name: value}})
    return _requests(
        resource=[pair],
        span={
            "name": "n", "attributes": [pair, _pair("deep", within), _pair("json", json.dumps({name: value}))],
            "events": [{"name": "exception", "attributes": [_pair("exception.message", f"{name}: {value}"), pair]}],
        },
        metric={"name": "queue_length"}, point=[pair],
        records=[
            {"body": _value(f"{name}={value}"), "attributes": [pair]}, {"body": within},
            {"body": _value({"url.query": {name: value}})}, {"body": _value({"headers": [{"name": name, "value": value}]})},
        ],
    )


def _requests(
    *, resource: list[Any], span: dict[str, Any], metric: dict[str, Any], point: list[Any], records: list[dict[str, Any]],
    schema: str = "",
) -> dict[str, dict[str, Any]]:
    scope = {"name": "tests", "attributes": resource}
    spans = [{"traceId": TRACE_ID, "spanId": "b7ad6b7169203331", "kind": 2, **ENDS, **span}]
    points = [{"timeUnixNano": ENDS["endTimeUnixNano"], "asInt": "1", "attributes": point}]
    logs = [{"timeUnixNano": ENDS["endTimeUnixNano"], **record} for record in records]

    def request(group: str, name: str, items: list[Any]) -> dict[str, Any]:
        of_scope = {"scope": scope, "schemaUrl": schema, name: items}
        return {f"resource{group}": [{"resource": {"attributes": resource}, "schemaUrl": schema, f"scope{group}": [of_scope]}]}

    metrics = [{**metric, "gauge": {"dataPoints": points}}, {**metric, "gauge": {"dataPoints": []}}]
    return {
        "traces": request("Spans", "spans", spans), "metrics": request("Metrics", "metrics", metrics),
        "logs": request("Logs", "logRecords", logs),
    }


def together(requests: list[dict[str, dict[str, Any]]]) -> dict[str, bytes]:
    """One request for each signal."""
    lists = {"traces": "resourceSpans", "metrics": "resourceMetrics", "logs": "resourceLogs"}
    return {
        signal: json.dumps({name: [group for one in requests for group in one[signal][name]]}).encode()
        for signal, name in lists.items()
    }


def strings(value: Any) -> Iterator[str]:
    """Every text in a JSON value, keys too."""
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from strings(one)
    elif isinstance(value, str):
        yield value


def _pair(name: str, value: Any) -> dict[str, Any]:
    return {"key": name, "value": value if isinstance(value, dict) else _value(value)}


def _list(text: str) -> dict[str, Any]:
    return _value({"list": ["x", text]})


def _beside_nan(text: str) -> dict[str, Any]:
    """What JSON cannot write as a whole."""
    return {"kvlistValue": {"values": [_pair("note", text), {"key": "score", "value": {"doubleValue": "NaN"}}]}}


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"kvlistValue": {"values": [_pair(name, _value(one)) for name, one in value.items()]}}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(one) for one in value]}}
    return {"stringValue": value}
