"""A switch as data: its flag, what a value of it means, and which folders of manifests/switches that value adds to the lab."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

OFF: Final = "off"                      # takes a switch back
ON_OR_OFF: Final = "on|off"             # the metavar of a switch that takes nothing else


class Unlike(ValueError):
    """A word that is none of those allowed, and the one that is close to it."""

    def __init__(self, message: str, word: str, near: str) -> None:
        super().__init__(message)
        self.word, self.near = word, near


def unlike(word: str, names: Iterable[str], allowed: str) -> ValueError:
    """With the name that is close to the word, where one is."""
    from difflib import get_close_matches

    near = next(iter(get_close_matches(word.lower(), names, 1)), "")
    return Unlike(f"{near}, to which {word} is close, or another of: {allowed}", word, near) if near else ValueError(allowed)


@dataclass(frozen=True, slots=True)
class Copy:
    """A folder with words of its files replaced, as one would for a second backend."""

    folder: str                         # of manifests/switches; with a / in it, of manifests/
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Below manifests/."""
        return self.folder if "/" in self.folder else f"switches/{self.folder}"


@dataclass(frozen=True, slots=True)
class ObjectValue:
    """A value in an object of a folder that differs from the folder's own."""

    kind: str
    name: str
    pointer: str                        # RFC 6901, to what there is already
    value: Any


@dataclass(frozen=True, slots=True)
class Effect:
    """What a value of a switch adds: folders of manifests/switches, and what differs from the folders' own values."""

    folders: tuple[str, ...]
    env: Mapping[str, Mapping[str, str]] = field(default_factory=dict)      # variables, by component
    copies: tuple[Copy, ...] = ()       # after the folders
    arguments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)    # by component, VALUE of its words FLAG=VALUE
    objects: tuple[ObjectValue, ...] = ()
    program: bool = True                # it needs the program otelcol-contrib: the viewer's own receiver cannot do it


def as_it_is(text: str, _on: Mapping[str, str]) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Switch:
    name: str                           # its flag is --NAME, its setting LABCTL_NAME
    metavar: str                        # what it takes, in a few words for the help: `on|off`, `POLICY|off`
    examples: tuple[str, ...]           # values of every kind: help and completion show them, and the tests combine all of them
    meaning: str
    effect: Callable[[str], Effect]     # of every value but `off`; raises ValueError with what is allowed
    needs: tuple[str, ...] = ()         # switches without which it cannot be on
    repeatable: bool = False            # the flag; its values are joined with commas
    settled: Callable[[str, Mapping[str, str]], str] = as_it_is     # what to record, given all that are on; raises UsageError

    @property
    def needed(self) -> str:
        """What to give it where another switch needs it."""
        return self.examples[0] if self.metavar == ON_OR_OFF else re.split(r"[|,]", self.metavar)[0]

    @property
    def setting(self) -> str:
        return f"LABCTL_{self.name.upper().replace('-', '_')}"

    def allowed(self, text: str) -> None:
        """Raises ValueError with what is allowed."""
        if text == OFF:
            return
        try:
            self.effect(text)
        except ValueError as error:
            if self.metavar != ON_OR_OFF:
                error.args = (f"{error}; or off",)
            raise


def just_on(folder: str) -> Callable[[str], Effect]:
    """The effect of a switch that is on or off."""

    def effect(text: str) -> Effect:
        if text != "on":
            raise ValueError("on or off")
        return Effect((folder,))

    return effect
