"""What a run and its generators say to each other on pipes, as lines of JSON: an order, when to begin, and what was counted."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from labctl.load.measure.counts import Counts
from labctl.load.plan.address import Address
from labctl.load.plan.load_plan import LoadPlan, Request, Stage

READY: Final = b"ready\n"                      # says a generator whose connections are open; it is then told when to begin


def order(plan: LoadPlan, address: Address, part: tuple[int, int] = (0, 1)) -> bytes:
    """The line that a generator reads first."""
    fields = _bytes_as_text(asdict(plan))
    plan_ = {**fields, "pool": [_bytes_as_text(one) for one in fields["pool"]]}
    return _line({"plan": plan_, "address": asdict(address), "part": part})


def read_order(line: bytes) -> tuple[LoadPlan, Address, tuple[int, int]]:
    value = json.loads(line)
    fields, (number, of) = _text_as_bytes(value["plan"]), value["part"]
    nested = {
        "pool": tuple(_request(_text_as_bytes(one)) for one in fields["pool"]),
        "stages": tuple(Stage(**one) for one in fields["stages"]), "offsets": tuple(fields["offsets"]),
    }
    return LoadPlan(**{**fields, **nested}), Address(**value["address"]), (number, of)


def start(at: float) -> bytes:
    """The line that a generator reads next: when the first hit is due, on the monotonic clock."""
    return _line(at)


def read_start(line: bytes) -> float:
    return float(json.loads(line))


def counts(counted: Counts) -> bytes:
    """A line of what a generator has counted; the last one has the run's slices in it."""
    return _line(counted.as_json())


def read_counts(line: bytes) -> Counts:
    return Counts.read(json.loads(line))


def _request(fields: Mapping[str, Any]) -> Request:
    return Request(**{**fields, "expect": tuple((first, last) for first, last in fields["expect"])})


def _bytes_as_text(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {**fields, "body": b64encode(fields["body"]).decode()}


def _text_as_bytes(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {**fields, "body": b64decode(fields["body"])}


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
