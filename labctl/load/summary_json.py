"""A run's summary as JSON, to be kept in a file and read again."""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any, Final, TypeVar

from labctl.load.measure.summary import Bucket, Distribution, Generator, Slice, Slow, Summary, Timeline

T = TypeVar("T")
_PLAIN: Final = {int, float, str, bool}
_OF_THE_MOMENT: Final = {"outcomes", "started"}
_NO_MORE: Final = {"by_route"}           # fields that only older files have


def encode(summary: Summary) -> Mapping[str, Any]:
    """A summary as a kept run's file has it."""
    return {name: value for name, value in asdict(replace(summary, outcomes=())).items() if name not in _OF_THE_MOMENT}


def decode(value: Mapping[str, Any]) -> Summary:
    """Raises KeyError, TypeError or AttributeError for a value that is not a summary."""
    timeline, generator = value["timeline"], value["generator"]
    known = {name: item for name, item in value.items() if name not in _NO_MORE}
    return _made(Summary, {**known,
        "statuses": _statuses(value["statuses"]),
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
    """Raises TypeError also where a field has the wrong type."""
    made = kind(**value)
    for field in fields(made):  # type: ignore[arg-type]
        held, wanted = getattr(made, field.name), field.type
        if wanted in _PLAIN and (type(held) is not wanted and (wanted, type(held)) != (float, int)):
            raise TypeError(f"{field.name} is {held!r}")
    return made
