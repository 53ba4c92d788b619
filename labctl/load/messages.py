"""What is said on pipes and kept in files, as JSON: an order to a generator, its tallies, and the summary of a run."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Final, TypeVar

from labctl.load.address import Address
from labctl.load.summary import (
    Bucket,
    Distribution,
    Generator,
    LoadPlan,
    Request,
    Slice,
    Slow,
    Stage,
    Summary,
    Timeline,
)
from labctl.load.tally import Tally

T = TypeVar("T")
_PLAIN: Final = {int, float, str, bool}
READY = b"ready\n"                      # says a generator whose connections are open; it is then told when to begin


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


def tally(counted: Tally) -> bytes:
    """A line of what a generator has counted; the last one has the run's pieces in it."""
    return _line(counted.as_json())


def read_tally(line: bytes) -> Tally:
    return Tally.read(json.loads(line))


def report(summary: Summary) -> Mapping[str, Any]:
    """A summary as it is kept."""
    return asdict(summary)


def read_report(value: Mapping[str, Any]) -> Summary:
    """Raises KeyError, TypeError or AttributeError for what is none."""
    timeline, generator = value["timeline"], value["generator"]
    return _made(Summary, {**value,
        "statuses": _statuses(value["statuses"]),
        "by_route": {route: _statuses(statuses) for route, statuses in value["by_route"].items()},
        "latency": _made(Distribution, value["latency"]), "service_time": _made(Distribution, value["service_time"]),
        "histogram": tuple(_made(Bucket, one) for one in value["histogram"]),
        "quantiles": {name: (low, high) for name, (low, high) in value["quantiles"].items()},
        "slowest": tuple(_made(Slow, slow) for slow in value["slowest"]), "sent_by": tuple(value["sent_by"]),
        "timeline": _timeline(timeline) if timeline else None,
        "generator": _made(Generator, generator) if generator else None,
    })


def _statuses(value: Mapping[str, int]) -> Mapping[int, int]:
    return {int(status): count for status, count in value.items()}


def _timeline(value: Mapping[str, Any]) -> Timeline:
    slices = [{**one, "counts": {int(row): count for row, count in one["counts"].items()}} for one in value["slices"]]
    return Timeline(value["slice_s"], value["edges_ms"], [_made(Slice, one) for one in slices])


def _made(kind: type[T], value: Mapping[str, Any]) -> T:
    """Raises TypeError also where a number or a text is something else."""
    made = kind(**value)
    for field in fields(made):  # type: ignore[arg-type]
        held, wanted = getattr(made, field.name), field.type
        if wanted in _PLAIN and (type(held) is not wanted and (wanted, type(held)) != (float, int)):
            raise TypeError(f"{field.name} is {held!r}")
    return made


def _request(fields: Mapping[str, Any]) -> Request:
    return Request(**{**fields, "expect": tuple((first, last) for first, last in fields["expect"])})


def _bytes_as_text(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {**fields, "body": b64encode(fields["body"]).decode()}


def _text_as_bytes(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {**fields, "body": b64decode(fields["body"])}


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
