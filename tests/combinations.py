"""The switches of `labctl up` in combinations: every example of each alone, and a covering array of all pairs that can be."""

from collections.abc import Iterable
from pathlib import Path

from labctl.components import WITH
from labctl.errors import UsageError
from labctl.switches import addons, destinations
from labctl.switches.chosen import merged
from labctl.switches.export import EXPORT
from labctl.switches.export_headers import EXPORT_HEADERS
from labctl.switches.mesh.switch import MESH
from labctl.switches.switch import OFF
from labctl.switches.table import BY_NAME, SWITCHES
from tests.covering import all_pairs
from tests.soak.keyed_backend import headers_in

MORE = {WITH: ("prometheus:9464,grafana",), EXPORT_HEADERS.name: ("backend.headers",)}
"""Besides the examples of the help: programs that are not everywhere, and a file that each machine has its own of."""
FACTORS = {switch.name: (OFF, *switch.examples, *MORE.get(switch.name, ())) for switch in SWITCHES}


def completed(wanted: dict[str, str]) -> dict[str, str] | None:
    """With what these values need beside them; None where they cannot be together."""
    needed = (name for of, text in wanted.items() if text != OFF for name in BY_NAME[of].needs)
    missing = next((name for name in needed if name not in wanted), None)
    if missing:
        return next(filter(None, (completed({**wanted, missing: text}) for text in FACTORS[missing][1:])), None)
    return wanted if _can_be(wanted) else None


def _can_be(wanted: dict[str, str]) -> bool:
    try:
        merged(wanted, {})
    except UsageError:
        return False
    return True


def _as_recorded(wanted: Iterable[dict[str, str] | None]) -> list[dict[str, str]]:
    found = (merged(each, {}) for each in wanted if each)
    return list({str(one): one for one in found if one}.values())


ARRAY = all_pairs(FACTORS, completed)
ALONE = _as_recorded(completed({name: text}) for name, values in FACTORS.items() for text in values[1:])
COMBINATIONS = _as_recorded([*ALONE, *ARRAY])


def shown(on: dict[str, str]) -> str:
    return " ".join(f"--{name} {text}" for name, text in on.items())


def that_run(gone: Iterable[str] = (), *, off: Iterable[str] = ()) -> list[dict[str, str]]:
    """Without the add-ons and the switches that a target does not have."""
    return _as_recorded(
        {**on, **({WITH: addons.without(on[WITH], gone)} if WITH in on else {}), **dict.fromkeys(off, OFF)} for on in COMBINATIONS
    )


IN_CLUSTERS = that_run(["grafana"])     # whose image is nowhere
AS_PROCESSES = that_run(addons.OF_CLUSTERS, off=[MESH.name])


def with_headers(on: dict[str, str], folder: Path) -> dict[str, str]:
    """With a file of this machine."""
    if text := on.get(EXPORT_HEADERS.name):
        return {**on, EXPORT_HEADERS.name: f"{text.partition('=')[0]}={headers_in(folder)}"}
    return on


def at_port(on: dict[str, str], port: int) -> dict[str, str]:
    """With this one for Prometheus, as the usual one may be another lab's."""
    replaced = {EXPORT.name: destinations.at_port, WITH: addons.at_port}
    return {name: replaced[name](text, port) if name in replaced else text for name, text in on.items()}
