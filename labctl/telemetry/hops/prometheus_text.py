"""The samples of a text in Prometheus' format: https://prometheus.io/docs/instrumenting/exposition_formats/ (text-based)."""

import re
from collections.abc import Iterator
from typing import Final

_SAMPLE: Final = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ([^\s]+)")
_LABEL: Final = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_ESCAPED: Final = re.compile(r"\\(.)")
Labels = tuple[tuple[str, str], ...]


def samples(text: str) -> Iterator[tuple[str, Labels, float]]:
    """Name, labels and value of each; what cannot be read is left out."""
    for line in text.splitlines():
        match = None if line.startswith("#") else _SAMPLE.match(line)
        if match:
            try:
                value = float(match[3])
            except ValueError:
                continue
            labels = _LABEL.findall(match[2] or "")
            yield match[1], tuple((label, _ESCAPED.sub(_unescaped, found)) for label, found in labels), value


def _unescaped(match: re.Match[str]) -> str:
    return "\n" if match[1] == "n" else match[1]
