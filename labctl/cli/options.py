"""Options that several commands share.

Subtle: `lab_options` gives a command the options that say which lab is meant, and hands it what was typed as one mapping.
"""

import functools
import inspect
from collections.abc import Callable, Sequence
from enum import StrEnum
from keyword import iskeyword
from typing import Annotated, Any, get_type_hints

import typer

from labctl.cli import completion
from labctl.cli.faults_on import end_expired
from labctl.components import BY_NAME
from labctl.switches.switch import OFF, ON_OR_OFF, Switch
from labctl.switches.table import SWITCHES

Flags = dict[str, str | None]
"""Settings by name, as far as they were typed; `labctl.config.load` takes it from there."""


class Output(StrEnum):
    text = "text"
    json = "json"


ComponentName = StrEnum("ComponentName", {name: name for name in BY_NAME})  # type: ignore[misc]  # the table decides


Format = Annotated[Output, typer.Option("--output", "-o", help="Output format.")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Override a setting; `labctl config` lists them all. Repeatable.",
        autocompletion=completion.settings,
    ),
]
SettingsAndOverrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", autocompletion=completion.settings_and_overrides,
        help="Override a setting (`labctl config` lists them all) until the next `up` without it, or a value of the manifests "
             "until --unset. Repeatable.",
    ),
]
Unset = Annotated[
    list[str] | None,
    typer.Option(
        "--unset", metavar="NAME", autocompletion=completion.overrides, show_default=False,
        help="Undo a --set of a manifests' value; `all` undoes every one. Repeatable.",
    ),
]
_WHICH_LAB = {
    "lab": ("LABCTL_LAB", "NAME", "Name of the lab."),
    "project": ("LABCTL_PROJECT", "DIR", "The folder that holds service/ and manifests/."),
    "cluster": ("LABCTL_CLUSTER", "NAME", "On kind: name of the cluster."),
    "namespace": ("LABCTL_NAMESPACE", "NAME", "On kind: name of the namespace."),
}


def _such_as(switch: Switch) -> str:
    return "" if switch.metavar == ON_OR_OFF or not switch.examples else f" Such as {' or '.join(switch.examples)}."


_OF_SWITCHES = {
    switch.name.replace("-", "_") + "_" * iskeyword(switch.name): switch for switch in SWITCHES     # Python's `with` is no name
}
_SWITCHES = {
    name: (switch.setting, switch.metavar, f"{switch.meaning[0].upper()}{switch.meaning[1:]}.{_such_as(switch)}")
    for name, switch in _OF_SWITCHES.items()
}


_ON_OR_OFF = frozenset(f"--{switch.name}" for switch in SWITCHES if switch.metavar == ON_OR_OFF)


def with_values(words: Sequence[str]) -> list[str]:
    """`--tls` alone means `--tls on`: typer has no option whose value may be left out."""
    found: list[str] = []
    for place, word in enumerate(words):
        if word == "--":                # what follows is another program's
            return [*found, *words[place:]]
        alone = place + 1 == len(words) or words[place + 1].startswith("-")
        found += [word, "on"] if alone and word in _ON_OR_OFF else [word]
    return found


def lab_options(command: Callable[..., None]) -> Callable[..., None]:
    """`command(flags, ...)` as one that has --lab, --project, --cluster and --namespace in place of its first parameter."""
    return _with_settings(command, _WHICH_LAB)


def lab_and_switch_options(command: Callable[..., None]) -> Callable[..., None]:
    """The same with a flag for each switch."""
    return _with_settings(command, _WHICH_LAB | _SWITCHES)


def _with_settings(command: Callable[..., None], options: dict[str, tuple[str, str, str]]) -> Callable[..., None]:
    _, *own = inspect.signature(command).parameters.values()
    hints = get_type_hints(command, include_extras=True)
    shared = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=None,
            annotation=_option(f"--{name.rstrip('_').replace('_', '-')}", metavar, meaning, _OF_SWITCHES.get(name)),
        )
        for name, (_, metavar, meaning) in options.items()
    ]

    @functools.wraps(command)
    def wrapped(**typed: Any) -> None:
        flags = {setting: _joined(typed.pop(name)) for name, (setting, *_) in options.items()}
        end_expired(command.__name__, flags)
        command(flags, **typed)

    parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[one.name]) for one in own] + shared
    wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {one.name: one.annotation for one in parameters}
    return wrapped


def _option(flag: str, metavar: str, meaning: str, switch: Switch | None) -> Any:
    """Completion offers a switch's examples."""
    kind = list[str] if switch and switch.repeatable else str
    words = [*switch.examples, OFF] if switch else []
    more: dict[str, Any] = {"rich_help_panel": "Switches", "autocompletion": lambda: words} if switch else {}
    return Annotated[kind | None, typer.Option(flag, metavar=metavar, help=meaning, show_default=False, **more)]


def _joined(typed: str | list[str] | None) -> str | None:
    return ",".join(typed) or None if isinstance(typed, list) else typed


def given(flags: Flags, pairs: list[str] | None, unset: list[str] | None = None) -> Flags:
    """Also the settings and overrides of `--set NAME=VALUE`, and those of `--unset NAME` with an empty text.

    Raises UsageError where two of them contradict each other.
    """
    from labctl import config, overrides
    from labctl.errors import UsageError

    found = {name: text for name, text in flags.items() if text is not None}
    written = {name: config.BY_NAME[name].flag + f" {text}" for name, text in found.items()}
    taken_back = overrides.taken_back(unset or [])
    for pair in pairs or []:
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals:
            raise UsageError(f"--set {pair}: expected NAME=VALUE", hint="labctl config")
        if found.get(name, value) != value:
            raise UsageError(f"{written[name]} and --set {name}={value} contradict each other")
        if name in taken_back and overrides.ALL not in (unset or []):
            raise UsageError(f"--unset {name} and --set {name}={value} contradict each other")
        found[name], written[name] = value, f"--set {name}={value}"
    config.checked({name: text for name, text in found.items() if flags.get(name) is None})
    return {**taken_back, **found}
