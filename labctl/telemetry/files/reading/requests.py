"""JSON as OTLP requests that are small enough to be held, one after the other, whatever the size of the text."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

from labctl.telemetry.files.reading import formats
from labctl.telemetry.files.reading.formats import Groups
from labctl.telemetry.files.reading.json_cursor import MOST_BYTES, MOST_VALUES, JsonCursor
from labctl.telemetry.files.reading.unreadable import Unreadable
from labctl.telemetry.otlp.json_format.requests import parsed

MOST_JAEGER_BYTES: Final = 16 << 20     # of one trace: its processes stand behind its spans
_TOGETHER_BYTES: Final = 1 << 20        # of items of a scope that is too large to be taken as a whole
_DEEPEST: Final = 4                     # lists and objects around requests
_TOO_DEEP: Final = "a value that is nested too deeply"


class FileText:
    """`refused`: why → how many values."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self.refused: Counter[str] = Counter()
        self._cursor = JsonCursor(read)
        self._found = False             # a request, so the file is one of telemetry

    def requests(self) -> Iterator[Groups]:
        """Raises Unreadable; what came before is good."""
        if (first := self._cursor.peek()) not in {b"{", b"[", b""}:
            raise Unreadable(f"it is not JSON: it begins with {first.decode(errors='replace')!r}")
        while self._cursor.peek():
            for found in self._next():
                self._found = True
                yield found
        if not self._found and self.refused:
            raise Unreadable(next(iter(self.refused)))

    def _next(self) -> Iterator[Groups]:
        is_object = self._cursor.peek() == b"{"
        line = self._cursor.line() if is_object else None
        if is_object and line is None and self._found and self._cursor.is_line_cut():
            self.refused["a line that is not JSON"] += 1
            self._cursor.skip_line()
            return
        if line is None or sum(map(line.count, (b",", b"[", b"{"))) > MOST_VALUES:
            yield from self._value(0)
            return
        value = self._parsed_line(line)
        self._cursor.go_past(len(line))
        if value is not None:
            yield from self._of(value)

    def _parsed_line(self, line: bytes) -> Any:
        try:
            return _parsed(line)
        except RecursionError:
            self.refused[_TOO_DEEP] += 1
        except ValueError as error:
            if not self._found:
                raise self._cursor.invalid(str(error)) from None
            self.refused["a line that is not JSON"] += 1
        return None

    def _value(self, depth: int) -> Iterator[Groups]:
        try:
            found = self._cursor.small()
        except Unreadable:
            if not self._found or depth:
                raise
            self.refused["incomplete last line"] += 1
            self._cursor.skip_line()
            return
        if found is None:
            yield from self._within(depth)
        elif (value := self._taken(found)) is not None:
            yield from self._several(value) if isinstance(value, list) else self._of(value)

    def _several(self, values: list[Any]) -> Iterator[Groups]:
        for value in values:
            yield from self._of(value)

    def _of(self, value: Any) -> Iterator[Groups]:
        try:
            found = list(formats.groups(value))
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            self.refused[f"a Jaeger trace that cannot be read: {error}"[:160]] += 1
            return
        if not found:
            self.refused[formats.why_not(value)] += 1
        yield from found

    def _taken(self, text: bytes) -> Any:
        try:
            return _parsed(text)
        except RecursionError:
            self.refused[_TOO_DEEP] += 1
        except ValueError as error:
            raise self._cursor.invalid(str(error)) from None
        return None

    def _within(self, depth: int) -> Iterator[Groups]:
        """Of a value that is too large to be taken as a whole."""
        cursor = self._cursor
        if depth > _DEEPEST or cursor.peek() not in {b"{", b"["}:
            raise Unreadable(f"a value of more than {MOST_BYTES >> 20} MiB at byte {cursor.place}: it is not a list of telemetry")
        if cursor.peek() == b"[":
            for _ in cursor.items():
                yield from self._value(depth + 1)
            return
        for key in cursor.names():
            name = key.decode(errors="replace")
            if name in formats.OTLP and cursor.peek() == b"[":
                yield from self._groups(formats.OTLP[name])
            elif name == "data" and cursor.peek() == b"[":
                yield from self._jaeger()
            elif name == "trace":
                yield from self._value(depth + 1)
            else:
                cursor.skip()

    def _jaeger(self) -> Iterator[Groups]:
        for _ in self._cursor.items():
            text = self._cursor.small(MOST_JAEGER_BYTES)
            if text is None:
                raise Unreadable(f"a Jaeger trace of more than {MOST_JAEGER_BYTES >> 20} MiB",
                                 advice="get it from Jaeger as OTLP JSON: /api/v3/traces/<trace id>")
            if (trace := self._taken(text)) is not None:
                yield from self._of({"data": [trace]})

    def _groups(self, signal: str) -> Iterator[Groups]:
        for _ in self._cursor.items():
            text = self._cursor.small()
            if text is None:
                yield from self._large_group(signal)
            elif isinstance(group := self._taken(text), dict):
                yield signal, [formats.renamed(group)]

    def _large_group(self, signal: str) -> Iterator[Groups]:
        head, name, begun = dict[str, Any](), formats.SCOPES[signal], False
        for key in self._renamed_names():
            if key != name:
                head |= self._field(key, begun=begun)
                continue
            begun = True
            for _ in self._cursor.items():
                text = self._cursor.small()
                if text is None:
                    yield from ((signal, [{**head, name: [scope]}]) for scope in self._large_scope(formats.ITEMS[signal]))
                elif isinstance(scope := self._taken(text), dict):
                    yield signal, [{**head, name: [formats.scope_renamed(scope)]}]

    def _large_scope(self, name: str) -> Iterator[dict[str, Any]]:
        head, begun = dict[str, Any](), False
        for key in self._renamed_names():
            if key != name:
                head |= self._field(key, begun=begun)
                continue
            begun = True
            for items in self._items():
                yield formats.scope_renamed({**head, name: items})

    def _items(self) -> Iterator[list[Any]]:
        items, size = list[Any](), 0
        for _ in self._cursor.items():
            text = self._cursor.small()
            if text is None:
                self._cursor.skip()
                self.refused[f"an item of more than {MOST_BYTES >> 20} MiB"] += 1
            elif (item := self._taken(text)) is not None:
                items.append(item)
                size += len(text)
            if size >= _TOGETHER_BYTES:
                yield items
                items, size = [], 0
        if items:
            yield items

    def _renamed_names(self) -> Iterator[str]:
        for key in self._cursor.names():
            name = key.decode(errors="replace")
            yield formats.OLD_SCOPES.get(name, name)

    def _field(self, key: str, *, begun: bool) -> dict[str, Any]:
        """Raises Unreadable where it comes too late: what it holds for has been given away."""
        if begun and key in {"resource", "scope", "schemaUrl", "instrumentationLibrary"}:
            raise Unreadable(f"{key} comes after more than {MOST_BYTES >> 20} MiB of the items it belongs to")
        text = self._cursor.small()
        if text is None:
            self._cursor.skip()
            return {}
        return {key: self._taken(text)}


def _parsed(text: bytes) -> Any:
    return parsed(text.decode(errors="replace"))
