"""Parses the values of the flags of `labctl load`: rates over time, headers, bodies, and a file of offsets.

Every function takes the text as typed and raises UsageError that names the flag, the text, and an example that works.
"""

import csv
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

from labctl.errors import UsageError
from labctl.load.plan import scenario, value_readers
from labctl.load.plan.load_plan import Request
from labctl.load.plan.request_mix import bodies
from labctl.load.plan.stages import Stage

T = TypeVar("T")
_OFFSETS: Final = ("offset", "offset_s", "due_s")       # accepted names of the column of offsets
_COOKIES: Final = "; "                   # RFC 6265, 4.2.1
_MOST_OFFSETS: Final = 1_000_000


def read(flag: str, text: str, reader: Callable[[str], T], example: str) -> T:
    """The value of `text` by `reader`, which raises ValueError or UsageError."""
    try:
        return reader(text)
    except UsageError as error:
        raise UsageError(f"{flag} {text}: {error.message}", advice=f"such as {flag} {example}") from None
    except ValueError:
        raise UsageError(f"{flag} {text}: not a valid value", advice=f"such as {flag} {example}") from None


def seconds(flag: str, text: str | None, least: float = 0.001) -> float | None:
    return None if text is None else read(flag, text, value_readers.time(least), "30s")


def ramp(text: str) -> Sequence[Stage]:
    """`FROM:TO:TIME`."""
    def reader(typed: str) -> Stage:
        first, last, time = typed.split(":")
        return Stage(value_readers.time(0.001)(time), _rps(first), _rps(last))
    return [read("--ramp", text, reader, "10:100:30s")]


def stages(text: str, first: float) -> Sequence[Stage]:
    """`TIME:RPS,TIME:RPS,…`, beginning at the rate `first`."""
    def reader(typed: str) -> tuple[float, float]:
        time, rps = typed.split(":")
        return value_readers.time()(time), _rps(rps)

    example = "30s:100,1m:100,10s:0"
    goals = [read("--stages", part.strip(), reader, example) for part in text.split(",")]
    if not sum(time for time, _ in goals):
        raise UsageError(f"--stages {text}: the stages have no duration", advice=f"such as --stages {example}")
    return scenario.ramps(goals, first)


def rate(flag: str, value: float | None) -> float | None:
    return None if value is None else read(flag, str(value), _rps, "50")


def whole(flag: str, value: int | None, most: int) -> int | None:
    return None if value is None else read(flag, str(value), value_readers.whole(1, most), "500")


def share(flag: str, text: str) -> float:
    """`5%` or `0.05`."""
    def reader(typed: str) -> float:
        if typed.endswith("%"):
            return value_readers.number(0, 100)(typed.removesuffix("%")) / 100
        return value_readers.number(0, 1)(typed)
    return read(flag, text, reader, "5%")


def method(text: str | None) -> str | None:
    return None if text is None else read("--method", text, value_readers.token, "GET")


def headers(texts: Sequence[str]) -> Mapping[str, str] | None:
    """`Name: value` each; names in lower case, repeated fields joined into a list (RFC 9110, 5.3). None without any."""
    found: dict[str, str] = {}
    for name, value in (read("--header", text, _header, "'accept: application/json'") for text in texts):
        found[name] = (_COOKIES if name == "cookie" else ", ").join([found[name], value]) if name in found else value
    return found or None


def body(text: str | None) -> bytes | None:
    """The text as typed, or with @ in front the content of that file, as with curl."""
    if text is None or not text.startswith("@"):
        return None if text is None else text.encode("utf-8", "surrogateescape")
    try:
        return Path(text[1:]).read_bytes()
    except OSError as error:
        raise UsageError(f"--body {text}: {error.strerror}") from None


def pool(path: Path, method: str, headers: Mapping[str, str]) -> Sequence[Request]:
    """A request for each body of a body file."""
    return [Request(path.name, method, "", headers, content) for content in bodies(path)]


def offsets(path: Path) -> Sequence[float]:
    """Seconds from the start at which requests are due, by a CSV's column `offset`, `offset_s` or `due_s`, else its first."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            found = list(_offsets(path, csv.reader(file)))
    except OSError as error:
        raise UsageError(f"--replay {path}: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise UsageError(
            f"--replay {path} is not a CSV file",
            advice="it takes a file with a number of seconds in each line",
        ) from None
    if not found:
        raise UsageError(
            f"--replay {path}: the file has no offsets",
            advice="it takes a file with a number of seconds in each line",
        )
    return found


def _offsets(path: Path, rows: Iterator[list[str]]) -> Iterator[float]:
    column, before = 0, 0.0
    for number, row in enumerate(rows, 1):
        if number == 1 and row and not _is_number(row[0]):
            column = next((place for place, name in enumerate(row) if name.strip().lower() in _OFFSETS), 0)
            continue
        if not row:
            continue
        before = _offset(path, number, row[column] if column < len(row) else "", before)
        yield before


def _offset(path: Path, number: int, text: str, before: float) -> float:
    at = f"--replay {path}, line {number}"
    if not _is_number(text):
        raise UsageError(f"{at}: {text!r} is not a number of seconds")
    if not before <= float(text) <= value_readers.LONGEST_S:
        raise UsageError(f"{at}: {text} is before the offset above it, or beyond 30 days", advice="sort the offsets")
    if number > _MOST_OFFSETS:
        raise UsageError(f"{at}: more than {_MOST_OFFSETS} offsets", advice="split the file, or --stages for the same rate")
    return float(text)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _rps(text: str) -> float:
    return value_readers.number(0, value_readers.MOST_RPS)(text)


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise ValueError(text)
    return value_readers.header_name(name), value_readers.header(value)
