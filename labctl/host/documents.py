"""Reads files and documents (JSON, YAML, .env) from outside: whatever is wrong becomes a one-line LabError.

It names the file (or address), the line or field, and what is expected there. Subtle: `null` counts as absent at every level,
as in the Kubernetes API, and a duplicate key is an error instead of the last one winning.
"""

import codecs
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from labctl.errors import LabError, Refused, UsageError

T = TypeVar("T")
MAX_BYTES = 16 << 20
MAX_VALUES = 200_000                    # in a YAML file: a few nested aliases can expand to billions
ENCODINGS = ((codecs.BOM_UTF32_LE, "UTF-32"), (codecs.BOM_UTF32_BE, "UTF-32"), (codecs.BOM_UTF16_LE, "UTF-16"),
             (codecs.BOM_UTF16_BE, "UTF-16"))       # UTF-32's little-endian mark begins with UTF-16's


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a document, with its source and the fields that lead to it. `error` is the class that is raised."""

    value: Any
    source: str                         # a file or an address
    path: str = ""                      # such as spec.template.spec.containers[0]
    error: type[LabError] = Refused

    @property
    def present(self) -> bool:
        return self.value is not None

    def wrong(self, expected: str, hint: str = "") -> LabError:
        """The error to raise for a value that is not as expected."""
        where = f"{self.source}: {self.path}" if self.path else self.source
        return self.error(f"{where}: expected {expected}, found {_kind(self.value)}", hint=hint)

    def field(self, name: str) -> "Node":
        """A field of this mapping; absent when the mapping itself is absent. Raises when this is not a mapping."""
        mapping = self._typed(dict, "a mapping", {})
        return replace(self, value=mapping.get(name), path=f"{self.path}.{name}" if self.path else name)

    def fields(self) -> dict[str, "Node"]:
        """The fields of this mapping that are present; none when it is absent."""
        return {str(name): found for name in self._typed(dict, "a mapping", {}) if (found := self._key(name)).present}

    def items(self) -> list["Node"]:
        """The entries of this list; none when it is absent."""
        values = self._typed(list, "a list", [])
        return [replace(self, value=value, path=f"{self.path}[{place}]") for place, value in enumerate(values)]

    def text(self, default: str | None = None) -> str:
        """Raises when it is absent and there is no default, as `integer`, `number` and `boolean` do."""
        return self._typed(str, "text", default)

    def integer(self, default: int | None = None) -> int:
        if isinstance(self.value, bool):
            raise self.wrong("an integer")
        return self._typed(int, "an integer", default)

    def number(self, default: float | None = None) -> float:
        if isinstance(self.value, int) and not isinstance(self.value, bool):
            return float(self.value)
        return self._typed(float, "a number", default)

    def boolean(self, default: bool | None = None) -> bool:
        return self._typed(bool, "true or false", default)

    def _key(self, name: object) -> "Node":
        return replace(self, value=self.value[name], path=f"{self.path}.{name}" if self.path else str(name))

    def _typed(self, kind: type[T], expected: str, default: T | None) -> T:
        if self.value is None and default is not None:
            return default
        if not isinstance(self.value, kind):
            raise self.wrong(expected)
        return self.value


def read_bytes(path: Path, *, limit: int = MAX_BYTES, pipes: bool = False, error: type[LabError] = Refused) -> bytes:
    """A regular file's content; with `pipes` also a pipe's, for a path that the user gave, such as <(command)."""
    try:
        # without O_NONBLOCK, opening a named pipe waits for a writer
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | (0 if pipes else os.O_NONBLOCK))
        try:
            kind = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(kind) and not (pipes and not stat.S_ISDIR(kind)):
                raise error(f"{path}: expected a file, found {_file_kind(kind)}")
            with open(descriptor, "rb", closefd=False) as file:
                content = file.read(limit + 1)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as cause:
        raise error(f"{path}: {_reason(path, cause)}") from None
    if len(content) > limit:
        raise error(f"{path}: larger than {limit >> 20} MiB" if limit >> 20 else f"{path}: larger than {limit} bytes")
    return content


def read_text(path: Path, *, limit: int = MAX_BYTES, pipes: bool = False, error: type[LabError] = Refused) -> str:
    """A text file's content: UTF-8, with or without a byte order mark, without NUL characters."""
    return decode(read_bytes(path, limit=limit, pipes=pipes, error=error), str(path), error)


def decode(content: bytes, source: str, error: type[LabError] = Refused) -> str:
    for mark, name in ENCODINGS:
        if content.startswith(mark):
            raise error(f"{source}: encoded in {name}, not UTF-8", hint="save it as UTF-8")
    if b"\0" in content:
        raise error(f"{source}, line {_line(content, content.index(0))}: a NUL byte, so not text in UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        line = _line(content, cause.start)
        byte = content[cause.start]
        raise error(f"{source}, line {line}: byte 0x{byte:02x} is not UTF-8", hint="save it as UTF-8") from None


def read_json(path: Path, *, limit: int = MAX_BYTES, error: type[LabError] = Refused) -> Node:
    return parse_json(read_bytes(path, limit=limit, error=error), str(path), error)


def parse_json(content: bytes, source: str, error: type[LabError] = Refused) -> Node:
    """A JSON document by RFC 8259: NaN and the infinities are errors."""
    text = decode(content, source, error)
    if not text.strip():
        raise error(f"{source}: expected JSON, found nothing")
    try:
        return Node(json.loads(text, parse_constant=_no_number), source, error=error)
    except json.JSONDecodeError as cause:
        message = f"{source}, line {cause.lineno}, column {cause.colno}: this is not JSON: {cause.msg}"
        raise error(message, detail=text[:120]) from None
    except (ValueError, RecursionError) as cause:
        raise error(f"{source}: this is not JSON: {_words(cause)}") from None


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
        raise error(f"{source}: this is not YAML: {_words(cause)}") from None
    return [Node(value, source, error=error) for value in documents if value is not None]


def read_dotenv(path: Path) -> dict[str, str]:
    """The variables of a `.env` file; `$NAME` is not expanded. Raises UsageError for a line that cannot be parsed."""
    from dotenv.parser import parse_stream

    found: dict[str, str] = {}
    for binding in parse_stream(_stream(read_text(path))):
        if binding.error:
            text = binding.original.string.strip().splitlines()[0]
            raise UsageError(f"{path}, line {binding.original.line}: expected NAME=VALUE: {text}")
        if binding.key is not None and binding.value is not None:
            found[binding.key] = binding.value
    return found


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


def _stream(text: str) -> Any:
    from io import StringIO

    return StringIO(text)


def _reason(path: Path, cause: Exception) -> str:
    if isinstance(cause, FileNotFoundError):
        return "a dangling symbolic link" if path.is_symlink() else "there is no such file"
    if isinstance(cause, OSError):
        return (cause.strerror or str(cause)).lower()
    return "a path cannot contain a NUL character"


def _file_kind(mode: int) -> str:
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a named pipe"), (stat.S_ISSOCK, "a socket"))
    return next((name for test, name in kinds if test(mode)), "a device")


def _kind(value: object) -> str:
    names = {type(None): "nothing", bool: "true or false", int: "an integer", float: "a number", str: "text", list: "a list",
             dict: "a mapping"}
    name = names.get(type(value), type(value).__name__)
    return f"{name} ({value!r:.40})" if isinstance(value, bool | int | float | str) else name


def _line(content: bytes, offset: int) -> int:
    return content.count(b"\n", 0, offset) + 1


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _words(cause: Exception) -> str:
    return "nested too deeply" if isinstance(cause, RecursionError) else str(cause).splitlines()[0]
