"""How the text of one variable becomes a value: parsers that raise ValueError for what cannot be used."""

from collections.abc import Callable
from urllib.parse import urlsplit


class SettingError(ValueError):
    """An invalid setting; one line that names it and says what is allowed."""


def unusable(name: str, value: str, allowed: str) -> SettingError:
    return SettingError(f"{name}={value!r} cannot be used: {allowed}")


def between(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        value = float(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    return parse


def whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    return parse


def one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return parse


def endpoint(text: str) -> str:
    """An http or https URL without a path."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
        raise ValueError(text)
    _ = parts.port                   # raises ValueError when it is no port
    return text
