"""One operation of a JSON patch (RFC 6902: add, replace, remove) on a document of dicts and lists."""

import copy
from typing import Any


def operate(document: Any, kind: str, pointer: str, value: Any = None) -> None:
    """Change the document in place. Raises ValueError, KeyError, IndexError or TypeError when that is not possible."""
    *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]        # RFC 6901
    parent = document
    for part in parents:
        parent = parent[_index(part) if isinstance(parent, list) else part]
    _change(parent, last, kind, copy.deepcopy(value))


def _change(parent: Any, last: str, kind: str, value: Any) -> None:
    if kind == "add" and isinstance(parent, list):
        _insert(parent, last, value)
        return
    key = _index(last) if isinstance(parent, list) else last
    if kind != "add":
        _ = parent[key]
    if kind == "remove":
        del parent[key]
    elif kind in {"add", "replace"}:
        parent[key] = value
    else:
        raise ValueError(kind)


def _insert(parent: list[Any], last: str, value: Any) -> None:
    place = len(parent) if last == "-" else _index(last)
    if place > len(parent):
        raise IndexError(place)
    parent.insert(place, value)


def _index(part: str) -> int:
    if not part.isdecimal():
        raise ValueError(part)
    return int(part)
