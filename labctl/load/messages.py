"""What the session and its generator tell each other: one JSON object a line, the plan one way, snapshots and a summary back."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from labctl.load.address import Address
from labctl.load.summary import Bucket, Distribution, LoadPlan, Request, Slow, Snapshot, Stage, Summary


def order(plan: LoadPlan, address: Address) -> bytes:
    """What the generator reads first."""
    fields = _bytes_as_text(asdict(plan))
    return _line({"plan": {**fields, "pool": [_bytes_as_text(one) for one in fields["pool"]]}, "address": asdict(address)})


def read_order(line: bytes) -> tuple[LoadPlan, Address]:
    value = json.loads(line)
    fields = _text_as_bytes(value["plan"])
    nested = {
        "pool": tuple(_request(_text_as_bytes(one)) for one in fields["pool"]),
        "stages": tuple(Stage(**one) for one in fields["stages"]), "offsets": tuple(fields["offsets"]),
    }
    return LoadPlan(**{**fields, **nested}), Address(**value["address"])


def _request(fields: Mapping[str, Any]) -> Request:
    return Request(**{**fields, "expect": tuple((first, last) for first, last in fields["expect"])})


def _bytes_as_text(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {**fields, "body": b64encode(fields["body"]).decode()}


def _text_as_bytes(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {**fields, "body": b64decode(fields["body"])}


def report(value: Snapshot | Summary) -> bytes:
    return _line({type(value).__name__: asdict(value)})


def read_report(line: bytes) -> Snapshot | Summary:
    (name, value), = json.loads(line).items()
    return _summary(value) if name == Summary.__name__ else Snapshot(**_typed(value))


def _summary(value: Mapping[str, Any]) -> Summary:
    return Summary(**_typed(value) | {
        "statuses": {int(status): count for status, count in value["statuses"].items()},
        "service_time": Distribution(**value["service_time"]),
        "quantiles": {name: (low, high) for name, (low, high) in value["quantiles"].items()},
        "slowest": tuple(Slow(**slow) for slow in value["slowest"]),
    })


def _typed(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **value, "latency": Distribution(**value["latency"]), "histogram": tuple(Bucket(**one) for one in value["histogram"]),
    }


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
