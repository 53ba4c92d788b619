"""Which switches are on: those that the lab has recorded, with those given anew. A value of `off` takes one back."""

from collections.abc import Iterator, Mapping
from shlex import quote

from labctl.errors import UsageError
from labctl.switches import addons
from labctl.switches.switch import OFF, Copy, Effect, Switch
from labctl.switches.table import BY_NAME, SWITCHES


def merged(recorded: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """In the table's order. Raises UsageError where one lacks what it needs."""
    together = {**recorded, **given}
    on = {switch.name: text for switch in SWITCHES if (text := together.get(switch.name, OFF)) != OFF}
    for name in on:
        _require_others(BY_NAME[name], on, given)
    return {name: BY_NAME[name].settled(text, on) for name, text in on.items()}


def _require_others(switch: Switch, on: Mapping[str, str], given: Mapping[str, str]) -> None:
    missing = next((name for name in switch.needs if name not in on), "")
    if not missing:
        return
    wanted = {switch.name: on[switch.name], missing: BY_NAME[missing].needed}
    if given.get(missing) == OFF and switch.name not in given:      # it is to be off, so what needs it has to be too
        wanted = {missing: OFF, **{name: OFF for name in on if missing in BY_NAME[name].needs}}
    words = " ".join(f"--{name} {quote(text)}" for name, text in wanted.items())
    raise UsageError(f"--{switch.name} needs --{missing}, which is off", hint=f"labctl up {words}")


def known(recorded: Mapping[str, object]) -> dict[str, str]:
    """What this version of labctl understands of a record, in the table's order, by which one patches what another has added."""
    found = ((switch.name, recorded.get(switch.name)) for switch in SWITCHES)
    return {name: text for name, text in found if isinstance(text, str) and _is_known(name, text)}


def _is_known(name: str, text: str) -> bool:
    try:
        BY_NAME[name].allowed(text)
    except (KeyError, ValueError):
        return False
    return True


def needs_program(on: Mapping[str, str]) -> str:
    """The first switch that needs the collector's program; "": none does."""
    return next((name for name, text in on.items() if BY_NAME[name].effect(text).program), "")


def folders(on: Mapping[str, str]) -> list[str]:
    """Of manifests/, which they add."""
    copies = (copy for one in effects(on) for copy in (*map(Copy, one.folders), *one.copies))
    return list(dict.fromkeys(copy.path for copy in copies))


def effects(on: Mapping[str, str]) -> Iterator[Effect]:
    yield from (BY_NAME[name].effect(text) for name, text in on.items() if text != OFF)
    yield addons.secured(on)
