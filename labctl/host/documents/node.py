"""One value of a document, which knows where it stands: an error about it names the file and the field."""

import math
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from labctl.errors import LabError, Refused

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a document, with its source and the fields that lead to it. `error` is the class that is raised."""

    value: Any
    source: str                         # a file or an address
    path: str = ""                      # such as spec.template.spec.containers[0]
    error: type[LabError] = Refused
    hint: str = ""                      # of an error that has none of its own

    @property
    def present(self) -> bool:
        return self.value is not None

    def wrong(self, expected: str, hint: str = "") -> LabError:
        """The error to raise for a value that is not as expected."""
        where = f"{self.source}: {self.path}" if self.path else self.source
        return self.error(f"{where}: expected {expected}, found {_kind(self.value)}", hint=hint or self.hint)

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
        """Finite: in JSON too, 1e400 is read as infinity."""
        if isinstance(self.value, bool):
            raise self.wrong("a number")
        try:
            found = float(self.value) if isinstance(self.value, int) else self._typed(float, "a number", default)
        except OverflowError:
            raise self.wrong("a number that is not as large") from None
        if not math.isfinite(found):
            raise self.wrong("a finite number")
        return found

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


def _kind(value: object) -> str:
    names = {type(None): "nothing", bool: "true or false", int: "an integer", float: "a number", str: "text", list: "a list",
             dict: "a mapping"}
    name = names.get(type(value), type(value).__name__)
    return f"{name} ({value!r:.40})" if isinstance(value, bool | int | float | str) else name
