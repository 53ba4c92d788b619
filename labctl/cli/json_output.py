"""What `-o json` prints: one object of a documented shape (docs/json.md), valid JSON whatever is in it.

Subtle: JSON has no NaN, and it may leave as they are what a terminal acts upon (C1 controls, marks that reverse the direction of
writing): the former become null, the latter escapes.
"""

import math
import re
from collections.abc import Mapping

API_VERSION = "labctl.dev/v1"
BEYOND_ASCII = re.compile(r"[^\x00-\x7e]")


def print_json(kind: str, fields: Mapping[str, object], *, compact: bool = False) -> None:
    """The fields of an answer of the shape `kind`, on stdout; `compact` is in one line, for what nobody reads but a program."""
    print(as_text(kind, fields, indent=None if compact else 2))


def as_text(kind: str, fields: Mapping[str, object], indent: int | None = 2) -> str:
    import json

    shape = {"apiVersion": API_VERSION, "kind": kind}
    document = {**shape, **fields, **shape}

    def escaped(match: re.Match[str]) -> str:
        return match[0] if match[0].isprintable() else json.dumps(match[0])[1:-1]

    try:
        text = json.dumps(document, indent=indent, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(finite(document), indent=indent, ensure_ascii=False, allow_nan=False)
    return text.replace("\x7f", "\\u007f") if text.isascii() else BEYOND_ASCII.sub(escaped, text)


def finite(value: object) -> object:
    """The same with null for NaN and the infinities."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: finite(item) for name, item in value.items()}
    return [finite(item) for item in value] if isinstance(value, list | tuple) else value
