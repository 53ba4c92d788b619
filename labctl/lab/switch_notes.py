"""What is said of switches beside their values: which variable keeps one on or off, and which has no effect on this target."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from labctl.config import Config
from labctl.errors import UsageError
from labctl.model import Target
from labctl.switches import chosen
from labctl.switches.switch import OFF


def switch_notes(config: Config, target: Target, on: Mapping[str, str]) -> dict[str, str]:
    """By the switch's name. Of one without a note: it is on until `labctl up --NAME off`."""
    idle = target.without_effect(on)
    found: dict[str, list[str]] = {name: [f"which has no effect: {why}"] for name, why in idle.items() if name in on}
    for name, text in _by_variables(config, on):
        found.setdefault(name, []).append(text)
    return {name: ", ".join(texts) for name, texts in found.items()}


def _by_variables(config: Config, on: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, variable in config.variables.items():
        if _is_so(name, variable.text, on):
            if name in on:
                yield name, f"until {variable.setting.name} in {variable.source} says off"
        else:
            yield name, f"until the next up: {variable.setting.name} in {variable.source} says {variable.text}"


def _is_so(name: str, text: str, on: Mapping[str, str]) -> bool:
    """Whether it is on, or off, as the variable says; what was recorded may be a fuller form of it."""
    with suppress(UsageError):
        return chosen.merged(on, {name: text}).get(name, OFF) == on.get(name, OFF)
    return True
