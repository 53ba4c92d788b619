"""Which switches are on: those that the lab has recorded, with those given anew. A value of `off` takes one back."""

from collections.abc import Iterator, Mapping

from labctl.errors import UsageError
from labctl.switches.switch import OFF, Effect, Switch
from labctl.switches.table import BY_NAME, SWITCHES


def merged(recorded: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """In the table's order. Raises UsageError where one lacks another that it needs."""
    together = {**recorded, **given}
    on = {switch.name: text for switch in SWITCHES if (text := together.get(switch.name, OFF)) != OFF}
    for name in on:
        _require_others(BY_NAME[name], on)
    return {name: _settled(BY_NAME[name], text, on) for name, text in on.items()}


def _settled(switch: Switch, text: str, on: Mapping[str, str]) -> str:
    try:
        return switch.settled(text, on)
    except ValueError as error:
        raise UsageError(f"--{switch.name} {text}: {error}", hint=f"labctl up --{switch.name} {switch.values}") from None


def _require_others(switch: Switch, on: Mapping[str, str]) -> None:
    missing = [name for name in switch.needs if name not in on]
    if missing:
        raise UsageError(
            f"--{switch.name} needs --{missing[0]}, which is off",
            hint=f"labctl up --{switch.name} {on[switch.name]} --{missing[0]} {BY_NAME[missing[0]].values}",
        )


def known(recorded: Mapping[str, object]) -> dict[str, str]:
    """What this version of labctl understands of a record."""
    return {name: text for name, text in recorded.items() if isinstance(text, str) and _is_known(name, text)}


def _is_known(name: str, text: str) -> bool:
    try:
        BY_NAME[name].allowed(text)
    except (KeyError, ValueError):
        return False
    return True


def needs_program(on: Mapping[str, str]) -> str:
    """The first switch that needs the collector's program; "": none does."""
    return next((name for name, text in on.items() if BY_NAME[name].effect(text).program), "")


def effects(on: Mapping[str, str]) -> Iterator[Effect]:
    return (BY_NAME[name].effect(text) for name, text in on.items() if text != OFF)
