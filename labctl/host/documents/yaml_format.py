"""YAML documents, with scalars as kubectl reads them, and nothing that JSON does not have."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from labctl.errors import LabError, Refused
from labctl.host.documents.files import MAX_BYTES, read_text
from labctl.host.documents.json_format import cause_of
from labctl.host.documents.node import Node

MAX_VALUES = 200_000                    # a few nested aliases can expand to billions


def read_yaml(path: Path, *, limit: int = MAX_BYTES, error: type[LabError] = Refused) -> list[Node]:
    """The documents of a YAML file that are not empty."""
    return parse_yaml(read_text(path, limit=limit, error=error), str(path), error)


def parse_yaml(text: str, source: str, error: type[LabError] = Refused) -> list[Node]:
    """Scalars as kubectl reads them, so `yes` is true; a date, or `12:30`, is text. Recursive aliases are refused."""
    import yaml

    try:
        documents = list(yaml.load_all(text, _yaml_loader()))
        if _expanded(documents, {}) > MAX_VALUES:
            raise ValueError(f"more than {MAX_VALUES} values, with its aliases expanded")
        json.dumps(documents, allow_nan=False)          # refuses values that JSON does not have
    except yaml.MarkedYAMLError as cause:
        mark = cause.problem_mark or cause.context_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise error(f"{source}{where}: this is not YAML: {cause.problem or cause.context}") from None
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError) as cause:
        raise error(f"{source}: this is not YAML: {cause_of(cause)}") from None
    return [Node(value, source, error=error) for value in documents if value is not None]


def as_yaml(document: object) -> str:
    """The document as YAML, its keys in their order; a list of plain values is one line."""
    import yaml

    return str(yaml.dump(document, Dumper=_yaml_dumper(), sort_keys=False, allow_unicode=True, width=1000))


@cache
def _yaml_dumper() -> Any:
    import yaml

    class Dumper(yaml.SafeDumper):
        pass

    def as_list(dumper: Dumper, values: list[Any]) -> Any:
        short = bool(values) and not any(isinstance(value, dict | list) for value in values)
        return dumper.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=short)

    Dumper.add_representer(list, as_list)
    return Dumper


@cache
def _yaml_loader() -> Any:
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]
        pass

    numbers = {"tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:timestamp"}
    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in numbers]
        for first, resolvers in base.yaml_implicit_resolvers.items()
    }
    integer = re.compile(r"[-+]?(0|[1-9][0-9_]*|0o?[0-7]+|0x[0-9a-fA-F]+|0b[01]+)$")
    real = re.compile(r"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$")
    Loader.add_implicit_resolver("tag:yaml.org,2002:int", integer, list("-+0123456789"))
    Loader.add_implicit_resolver("tag:yaml.org,2002:float", real, list("-+0123456789."))
    Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: _yaml_integer(loader.construct_scalar(node)))
    Loader.add_constructor("tag:yaml.org,2002:map", _unique_keys)
    return Loader


def _yaml_integer(text: str) -> int:
    text = text.replace("_", "")
    octal = re.fullmatch(r"([-+]?)0([0-7]+)", text)
    return int(f"{octal[1]}0o{octal[2]}" if octal else text, 0)


def _expanded(value: object, known: dict[int, int]) -> int:
    """How many values there are with every alias expanded. Raises ValueError for an alias that contains itself."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        known[id(value)] = -1
        known[id(value)] = 1 + sum(_expanded(one, known) for one in (value.values() if isinstance(value, dict) else value))
    if known[id(value)] < 0:
        raise ValueError("an alias contains itself")
    return known[id(value)]


def _unique_keys(loader: Any, node: Any) -> Iterator[dict[Any, Any]]:
    import yaml

    seen: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value != "<<":
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"duplicate key {key.value}", problem_mark=key.start_mark)
            seen.add(key.value)
    mapping: dict[Any, Any] = {}
    yield mapping
    mapping.update(loader.construct_mapping(node))
