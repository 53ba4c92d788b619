"""Composes the collector's configuration of a base and any number of overlays, as one text.

The collector itself merges what several `--config` arguments name, but replaces lists, so that of two overlays that each add a
processor only one would have an effect. Here the lists of a pipeline, and the extensions, get the entries of all overlays, each
once, without the processors of the base that an overlay leaves out; everything else is merged as the collector does: maps by key,
and of anything else the last one wins.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from labctl.errors import Refused
from labctl.host import documents
from labctl.host.documents import Node

PROCESSORS: Final = (
    "memory_limiter",                   # refuses data before any work is done for it
    "k8sattributes", "resourcedetection", "resource",
    "transform/hide", "redaction", "transform/show",        # before anything that stores, counts or decides by it
    "transform", "attributes", "filter",
    "*",                                # every other one
    "tail_sampling", "probabilistic_sampler",
    "batch",                            # last: what is sent on is sent together
)
"""The order of a pipeline's processors, by their names, or else by their types."""

_LISTS: Final = ("receivers", "processors", "exporters")
_REFERENCE: Final = re.compile(r"\$\{env:(\w+)(?::-(.*))?\}")


@dataclass(frozen=True, slots=True)
class Overlay:
    source: str                         # its file
    text: str


def compose(base: Overlay, overlays: Sequence[Overlay], env: Mapping[str, str]) -> str:
    """The base's own text where there is no overlay. `env` are the collector's variables, of which a list may consist."""
    if not overlays:
        return base.text
    nodes = [_document(one) for one in (base, *overlays)]
    merged: Any = {}
    for node in nodes:
        merged = _merged(merged, node.value)
    for path in _list_paths(merged):
        lists = [entries for node in nodes if (entries := _entries(node, path, env)) is not None]
        if len(lists) > 1:
            _put(merged, path, _union(lists, is_processors=path[-1] == "processors", where=".".join(path)))
    return documents.as_yaml(merged)


def without_comments(text: str, source: str) -> str:
    """The same configuration as `compose` would write it, to compare with what that has written."""
    return "".join(documents.as_yaml(one.value) for one in documents.parse_yaml(text, source))


def _document(overlay: Overlay) -> Node:
    found = documents.parse_yaml(overlay.text, overlay.source)
    if len(found) != 1:
        raise Refused(f"{overlay.source}: expected one document with the collector's configuration, found {len(found)}")
    found[0].fields()
    return found[0]


def _merged(below: Any, above: Any) -> Any:
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return {**below, **{name: _merged(below[name], value) if name in below else value for name, value in above.items()}}


def _list_paths(config: Mapping[str, Any]) -> Iterable[tuple[str, ...]]:
    yield ("service", "extensions")
    pipelines = config.get("service", {}).get("pipelines", {})
    yield from (("service", "pipelines", pipeline, name) for pipeline in pipelines for name in _LISTS)


def _entries(node: Node, path: Sequence[str], env: Mapping[str, str]) -> list[str] | None:
    """Of the list at `path`, which may be a reference to a variable; None where the document has none."""
    for name in path:
        node = node.field(name)
    if isinstance(node.value, str) and (match := _REFERENCE.fullmatch(node.value)):
        found = documents.parse_yaml(env.get(match[1]) or match[2] or "[]", f"{node.source}: {node.path}, of {match[1]}")
        node = found[0]
    return [entry.text() for entry in node.items()] if node.present else None


def _union(lists: Sequence[Sequence[str]], *, is_processors: bool, where: str) -> list[str]:
    """Every entry once. Raises Refused where an overlay has another order than the lab's."""
    entries = list(dict.fromkeys(entry for one in lists for entry in one))
    if not is_processors:
        return entries
    ordered = sorted(entries, key=_place)
    for one in lists:
        kept = [entry for entry in ordered if entry in one]
        if kept != list(one):
            raise Refused(f"{where}: {', '.join(one)} contradicts the order of processors: {', '.join(kept)}")
    base, *overlays = lists
    return [entry for entry in ordered if entry not in base or all(entry in one for one in overlays)]


def _place(processor: str) -> int:
    known = (name for name in (processor, processor.partition("/")[0], "*") if name in PROCESSORS)
    return PROCESSORS.index(next(known))


def _put(config: dict[str, Any], path: Sequence[str], entries: list[str]) -> None:
    for name in path[:-1]:
        config = config[name]
    config[path[-1]] = entries
