"""Texts with secrets, each marked «so», and texts that look like secrets and are none: with these `--redact` is tested.

They are in tests/samples, one a line; ⏎, ␍ and ⇥ stand for the end of a line, a carriage return and a tab. ¦ stands for nothing:
it keeps scanners from taking a sample for a leak.
"""

import re
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent / "samples"
_SIGNS: Final = str.maketrans({"⏎": "\n", "␍": "\r", "⇥": "\t", "¦": None})
_MARK: Final = re.compile("«(.*?)»", re.DOTALL)


def _lines(name: str) -> tuple[str, ...]:
    return tuple(line.translate(_SIGNS) for line in (_FOLDER / name).read_text().split("\n") if line)


SECRETS: Final = _lines("secrets.txt")
NAMES: Final = tuple((name, value) for name, _, value in (line.partition(" ") for line in _lines("secret_names.txt")))
LOOKALIKES: Final = _lines("lookalikes.txt")


def plain(text: str) -> str:
    return text.replace("«", "").replace("»", "")


def secrets(text: str) -> list[str]:
    """The marked parts; of several lines each by itself, as what shows them may indent them."""
    return [line for part in _MARK.findall(text) for line in part.splitlines()]
