"""Commands as the user can type them: by the name under which labctl was started, and for the lab that a flag named."""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

_NAME: Final = "labctl"
_WHICH_LAB: Final = ("--lab", "--project", "--cluster", "--namespace")
_OTHERS: Final = ("version", "completion")      # commands that know no lab
ACTIONS: Final = ("sampling what-if", "certs list", "certs rotate", "auth path", "auth rotate")    # flags follow both words
_COMMAND: Final = re.compile(rf"\b{_NAME} ((?:{'|'.join(ACTIONS)}|[a-z]+))(?![a-z-])(?P<lab> --lab \S+)?")


def typed(text: str) -> str:
    """Every `labctl COMMAND` in the text, with the program's name or path and the flags that say which lab is meant."""
    if _NAME not in text:
        return text
    program, flags = _program(), " ".join(_flags(sys.argv[1:]))

    def typed_one(found: re.Match[str]) -> str:
        more = "" if not flags or found["lab"] or found[1] in _OTHERS else f" {flags}"
        return f"{program} {found[1]}{found['lab'] or more}"

    return _COMMAND.sub(typed_one, text)


def _program() -> str:
    """`labctl` where the PATH leads to it, else the path by which it was started."""
    begun = Path(sys.argv[0])
    if begun.name != _NAME or shutil.which(_NAME) == str(begun.absolute()):
        return _NAME
    here = Path(os.path.abspath(begun))  # noqa: PTH100 - `resolve` would leave a virtual environment by its links
    return shlex.quote(str(here.relative_to(Path.cwd()) if here.is_relative_to(Path.cwd()) else here))


def _flags(words: list[str]) -> Iterator[str]:
    for word, after in pairwise([*words, ""]):
        flag, equals, value = word.partition("=")
        if flag in _WHICH_LAB and (value or after):
            yield f"{flag} {shlex.quote(value if equals else after)}"
