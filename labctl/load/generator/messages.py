"""The messages between a run and its generators, lines of JSON on pipes: the order, the start time, and counts."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Final

from labctl import access
from labctl.load.measure.counts import Counts
from labctl.load.plan.address import Address
from labctl.load.plan.load_plan import LoadPlan, Request
from labctl.load.plan.stages import Stage

READY: Final = b"ready\n"               # from a generator whose connections are open; it is then told when to begin


def order(plan: LoadPlan, address: Address, part: tuple[int, int] = (0, 1)) -> bytes:
    """The line that a generator reads first."""
    given = {field.name for field in fields(plan) if field.init}
    values = _bytes_as_text({name: value for name, value in asdict(plan).items() if name in given})
    values["pool"] = [_bytes_as_text(request) for request in values["pool"]]
    own = access.of(plan.otlp or "")
    return _line({"plan": values, "address": asdict(address), "part": part, "access": own and asdict(own)})


def read_order(line: bytes) -> tuple[LoadPlan, Address, tuple[int, int]]:
    """Also registers what it takes to send client spans to the collector: paths of files, no secret is in an order."""
    value = json.loads(line)
    if value["access"]:
        access.register(value["plan"]["otlp"], access.Credentials(**value["access"]))
    values, (number, of) = _text_as_bytes(value["plan"]), value["part"]
    nested = {
        "pool": tuple(_request(_text_as_bytes(request)) for request in values["pool"]),
        "stages": tuple(Stage(**stage) for stage in values["stages"]), "offsets": tuple(values["offsets"]),
    }
    return LoadPlan(**{**values, **nested}), Address(**value["address"]), (number, of)


def start(at: float) -> bytes:
    """The line that a generator reads next: when the first request is due, on the monotonic clock."""
    return _line(at)


def read_start(line: bytes) -> float:
    return float(json.loads(line))


def counts(counted: Counts) -> bytes:
    """A line of what a generator has counted; the last one has the run's slices in it."""
    return _line(counted.as_json())


def read_counts(line: bytes) -> Counts:
    return Counts.read(json.loads(line))


def _request(values: Mapping[str, Any]) -> Request:
    return Request(**{**values, "expect": tuple((first, last) for first, last in values["expect"])})


def _bytes_as_text(values: Mapping[str, Any]) -> dict[str, Any]:
    return {**values, "body": b64encode(values["body"]).decode()}


def _text_as_bytes(values: Mapping[str, Any]) -> dict[str, Any]:
    return {**values, "body": b64decode(values["body"])}


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
