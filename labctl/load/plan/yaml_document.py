"""A YAML file read key by key, so that an error names the file, line and key, and an example that works.

Subtle: YAML 1.1 turns `no` and `1:30` into a boolean and a number. Here each key decides the type of its value, read from the
text in the file, and a duplicate key is an error instead of the last one winning.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import TypeVar

import yaml

from labctl.errors import UsageError

T = TypeVar("T")
_MOST_BYTES = 4 << 20
_MOST_VALUES = 100_000                  # in one value
_JSON_SCALAR = re.compile(r"null|true|false|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")      # RFC 8259, 3 and 6
_NULLS = {"", "~"}                       # YAML's other ways to write null


@dataclass(frozen=True, slots=True)
class Part:
    """A value in the file, and the keys that lead to it."""

    path: Path
    node: yaml.Node
    line: int                           # from 1, of the key
    key: str = ""

    def wrong(self, what: str, fix: str = "") -> UsageError:
        return UsageError(f"{self.path}, line {self.line}: {f'{self.key}: ' if self.key else ''}{what}", advice=fix)

    def mapping(self, *known: str) -> Mapping[str, "Part"]:
        """The value's keys and their values. Raises UsageError for an unknown key."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.wrong("expected keys and values", f"such as {known[0]}: …" if known else "such as name: value")
        found: dict[str, Part] = {}
        for name, part in self._pairs(self.node):
            if name in found:
                raise part.wrong("duplicate key", "leave one of them out")
            if known and name not in known:
                near = get_close_matches(name, known, 1)
                raise part.wrong("unknown key", f"{near[0]} is close to it" if near else f"one of {', '.join(known)}")
            found[name] = part
        return found

    def items(self) -> Iterator["Part"]:
        """The value's entries; a value that is not a list counts as a list of one."""
        if not isinstance(self.node, yaml.SequenceNode):
            yield self
            return
        for number, node in enumerate(self.node.value, 1):
            yield Part(self.path, node, _line(node), f"{self.key}[{number}]")

    def text(self) -> str:
        """The scalar as written in the file."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.wrong("expected a single value", f"{self.key}: …")
        return str(self.node.value)

    def read(self, reader: Callable[[str], T], example: str) -> T:
        """The scalar's value by `reader`, which raises ValueError or UsageError; `example` is a valid one."""
        text = self.text()
        try:
            return reader(text)
        except UsageError as error:
            raise self.wrong(error.message, example) from None
        except ValueError:
            raise self.wrong(f"{text!r} is not a valid value", example) from None

    def json(self) -> str:
        """The value as JSON. A scalar that is valid JSON is taken as written, a number with all its digits; any other is text."""
        try:
            if _expanded(self.node, {}) > _MOST_VALUES:
                raise self.wrong(f"it has more than {_MOST_VALUES} values, with its aliases expanded")
            return self._json()
        except RecursionError:
            raise self.wrong("nested too deeply") from None

    def _json(self) -> str:
        if isinstance(self.node, yaml.MappingNode):
            return f"{{{', '.join(f'{json.dumps(name)}: {part._json()}' for name, part in self.mapping().items())}}}"  # noqa: SLF001
        if isinstance(self.node, yaml.SequenceNode):
            return f"[{', '.join(part._json() for part in self.items())}]"  # noqa: SLF001
        text, plain = self.text(), isinstance(self.node, yaml.ScalarNode) and self.node.style is None
        if plain and _JSON_SCALAR.fullmatch(text):
            return text
        return "null" if plain and text in _NULLS else json.dumps(text)

    def _pairs(self, node: yaml.MappingNode) -> Iterator[tuple[str, "Part"]]:
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise Part(self.path, key, _line(key), self.key).wrong("a key must be a scalar")
            name = str(key.value)
            yield name, Part(self.path, value, _line(key), f"{self.key}.{name}" if self.key else name)


def read(path: Path) -> Part:
    """The whole file. Raises UsageError when it cannot be read or is not YAML."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        node = yaml.compose(content, yaml.SafeLoader) if len(content) <= _MOST_BYTES else None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except (yaml.MarkedYAMLError, yaml.reader.ReaderError, RecursionError) as error:
        raise UsageError(f"{path}{_where(error)}: not valid YAML", detail=_problem(error)) from None
    if node is None:
        raise UsageError(f"{path}: {'the file is empty' if len(content) <= _MOST_BYTES else 'it is larger than 4 MiB'}")
    return Part(path, node, _line(node))


def _expanded(node: yaml.Node, known: dict[yaml.Node, int]) -> int:
    """How many values a node has with every alias expanded. Raises RecursionError for an alias that contains itself."""
    if node not in known:
        parts = node.value if isinstance(node, yaml.CollectionNode) else ()
        inner = chain.from_iterable(parts) if isinstance(node, yaml.MappingNode) else parts
        known[node] = 1 + sum(_expanded(one, known) for one in inner)
    return known[node]


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f", line {mark.line + 1}" if mark else ""


def _problem(error: Exception) -> str:
    return str(getattr(error, "problem", None) or getattr(error, "reason", None) or "nested too deeply")
