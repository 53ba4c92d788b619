"""Secrets in the service's own log lines become ****, where REDACT_LOGS=true.

What goes to the collector is redacted there (manifests/switches/redact); the lines on stderr do not pass it. secret_patterns.json
has the collector's patterns, in Python's syntax.
"""

import json
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

HIDDEN: Final = "****"
LONGEST: Final = 16_384              # characters of a text; reading a longer one could take seconds


class Redactor:
    def __init__(self, further: str = "") -> None:
        found = json.loads(Path(__file__).with_name("secret_patterns.json").read_text())
        self._names = [re.compile(pattern) for pattern in found["names"]]
        self._texts = [re.compile(pattern) for pattern in (*found["texts"], *([further] if further else []))]
        self._card = re.compile(found["card"])
        self._text: Callable[[str], str] = lru_cache(1024)(self._read)      # most messages are always the same
        self._is_secret: Callable[[str], bool] = lru_cache(1024)(self._names_a_secret)

    def value(self, name: str, value: Any) -> Any:
        """A member of a log line. A number that is no name's secret stays; of anything else the text is read."""
        if self._is_secret(name):
            return HIDDEN
        if value is None or isinstance(value, bool | int | float):
            return value
        return self._text(value if isinstance(value, str) else json.dumps(value, default=str))

    def _names_a_secret(self, name: str) -> bool:
        return any(pattern.search(name) for pattern in self._names)

    def _read(self, text: str) -> str:
        cut, text = text[LONGEST:], text[:LONGEST]
        for pattern in self._texts:
            text = pattern.sub(HIDDEN, text)
        text = self._card.sub(_hidden_card, text)
        return f"{text} … {len(cut)} characters are not shown" if cut else text


def _hidden_card(match: re.Match[str]) -> str:
    number = match[0].strip()
    return match[0] if number.isdecimal() and not _check_digit_is_right(number) else HIDDEN


def _check_digit_is_right(number: str) -> bool:
    """Luhn's formula, ISO/IEC 7812-1."""
    doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(number))]
    return sum(digit // 10 + digit % 10 for digit in doubled) % 10 == 0
