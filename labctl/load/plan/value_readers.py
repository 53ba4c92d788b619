"""Parsers of text that a user wrote: a value, or a ValueError, or a UsageError that says what is wrong."""

import os
import re
from collections.abc import Callable
from typing import TypeVar

from labctl.config import span
from labctl.errors import UsageError

LONGEST_S = 30 * 86400.0                # the longest duration of anything
MOST_RPS = 1e6
_LATIN_1 = 0xFF
_STATUS = re.compile(r"([2-5])xx|([2-5]\d\d)(?:-([2-5]\d\d))?")     # 1xx are not final responses
N = TypeVar("N", int, float)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def number(least: float, most: float) -> Callable[[str], float]:
    return lambda text: _between(float(text), least, most)


def whole(least: int, most: int) -> Callable[[str], int]:
    return lambda text: _between(int(text), least, most)


def time(least: float = 0.0) -> Callable[[str], float]:
    """Seconds, from `least` to thirty days."""
    return lambda text: _between(span(text), least, LONGEST_S)


def one_of(*allowed: str) -> Callable[[str], str]:
    def reader(text: str) -> str:
        if text not in allowed:
            raise UsageError(f"{text!r} is not one of {', '.join(allowed)}")
        return text
    return reader


def matching(pattern: str) -> Callable[[str], str]:
    def reader(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(text)
        text.encode()                                   # a lone surrogate is a ValueError too
        return text
    return reader


def is_file(name: str) -> bool:
    return os.path.isfile(name)  # noqa: PTH113 Path's own raises for a name that is too long or forbidden


def is_token(text: str) -> bool:
    """Whether it can be a method or a header's name: RFC 9110, 5.6.2."""
    return bool(_TOKEN.fullmatch(text))


def token(text: str) -> str:
    if not is_token(text):
        raise ValueError(text)
    return text


def header_name(text: str) -> str:
    """In lower case. Raises UsageError for a header that a user cannot set."""
    name = token(text.strip()).lower()
    if name == "traceparent":
        raise UsageError("labctl sets each request's traceparent itself, to find its trace")
    if name == "transfer-encoding":
        raise UsageError("a body is always sent with its content-length, never with a transfer-encoding")
    return name


def header(text: str) -> str:
    """A header's value; a line break would end the header."""
    if any(character in "\r\n\0" for character in text):
        raise UsageError("a header's value cannot hold a line break")
    if any(ord(character) > _LATIN_1 for character in text):
        raise UsageError(f"a header's value cannot hold {text!a}: ISO 8859-1 has no such characters")
    return text.strip()


def statuses(text: str) -> tuple[int, int]:
    """`200`, `4xx` or `200-299` as a range of statuses, both ends included."""
    match = _STATUS.fullmatch(text.strip())
    if not match:
        raise ValueError(text)
    if match[1]:
        return int(match[1]) * 100, int(match[1]) * 100 + 99
    first, last = int(match[2]), int(match[3] or match[2])
    if first > last:
        raise ValueError(text)
    return first, last


def _between(value: N, least: float, most: float) -> N:
    if not least <= value <= most:                      # nor is NaN
        shown = f"{value:g}" if isinstance(value, float) else str(value)[:20]
        raise UsageError(f"{shown} is not from {least:g} to {most:g}")
    return value
