"""The `requests` of a scenario: each entry becomes one kind of request, or as many as its body file has bodies."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import lcm
from typing import Any

from labctl.errors import UsageError
from labctl.load.plan import value_readers
from labctl.load.plan.load_plan import Request
from labctl.load.plan.request_mix import bodies
from labctl.load.plan.yaml_document import Part
from labctl.redaction import redacted_url

_BODIES = ("json", "body", "body-file")
_JSON = {"content-type": "application/json"}


def scalar(reader: Callable[[str], Any], example: str) -> Callable[[Part], Any]:
    """A reader of a part with a single value; `example` is a valid one, for the error message."""
    return lambda part: part.read(reader, f"{part.key.rpartition('.')[2]}: {example}")


def requests(part: Part) -> Sequence[Request]:
    """All requests; the bodies of a file share the weight of their entry."""
    found = [_entry(entry) for entry in part.items()]
    if not found:
        raise part.wrong("the list is empty", "requests: [{path: /predict, json: {features: [1, 2]}}]")
    shared = lcm(*map(len, found))
    return [replace(one, weight=one.weight * shared // len(several)) for several in found for one in several]


def _entry(part: Part) -> Sequence[Request]:
    found = part.mapping(*_KEYS, *_BODIES)
    given = {field: reader(found[field]) for field, reader in _KEYS.items() if field in found}
    contents = _contents(part, {key: found[key] for key in _BODIES if key in found})
    given.setdefault("method", "POST" if contents else "GET")
    given.setdefault("name", f"{given['method']} {redacted_url(given.get('path', ''))}".strip())
    given["headers"] = {**(_JSON if contents else {}), **given.get("headers", {})}
    return [Request(**given, body=content) for content in contents or [b""]]


def _contents(part: Part, found: Mapping[str, Part]) -> Sequence[bytes]:
    if len(found) > 1:
        raise part.wrong(f"{' and '.join(found)} exclude each other", "leave out all but one")
    if "body" in found:
        return [found["body"].text().encode("utf-8", "surrogatepass")]
    if "body-file" in found:
        return found["body-file"].read(lambda text: bodies(part.path.parent / text), "body-file: bodies.jsonl")
    return [value.json().encode("utf-8", "surrogatepass") for value in found.values()]


def _headers(part: Part) -> Mapping[str, str]:
    headers = {}
    for name, value in part.mapping().items():
        try:
            field = value_readers.header_name(name)
        except UsageError as error:
            raise value.wrong(error.message, "leave it out") from None
        except ValueError:
            raise value.wrong("not a header name", "headers: {accept: application/json}") from None
        headers[field] = value.read(value_readers.header, f"{name}: …")
    return headers


def _expect(part: Part) -> Sequence[tuple[int, int]]:
    example = "expect: [200, 4xx, 500-503]"
    found = [entry.read(value_readers.statuses, example) for entry in part.items()]
    if not found:
        raise part.wrong("no status would be a success", example)
    return found


_KEYS: Mapping[str, Callable[[Part], Any]] = {
    "name": scalar(value_readers.matching(r"\S.{0,60}"), "predict"),
    "weight": scalar(value_readers.whole(1, 100_000), "3"),
    "method": scalar(value_readers.token, "POST"),
    "path": scalar(value_readers.matching("/[!-~]*"), "/predict"),
    "headers": _headers,
    "expect": _expect,
}
