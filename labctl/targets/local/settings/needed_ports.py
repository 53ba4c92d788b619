"""The ports that a lab needs on this machine, with the one that Prometheus scrapes: free or the lab's, and each used once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from labctl.components import WITH
from labctl.errors import UsageError
from labctl.host import ports
from labctl.host.daemons import Running
from labctl.model import LabSpec
from labctl.switches import addons
from labctl.switches.destinations import at_port, scraped_port
from labctl.switches.export import EXPORT
from labctl.switches.switch import OFF
from labctl.targets.local import changes as local_changes

SCRAPED: Final = "Prometheus to scrape"


def require_free(spec: LabSpec, running: Sequence[Running], switches: Mapping[str, str]) -> None:
    """Raises Refused where another program has one, UsageError where two purposes have the same."""
    scraped = addons.scraped(switches)
    used = replace(spec, switches=switches).used_ports
    twice = next((name for name, port in used.items() if port == scraped), "")
    if twice:
        raise UsageError(
            f"port {scraped} is given twice: for {twice} and for {SCRAPED}",
            hint=f"labctl up {_flag(switches, SCRAPED, ports.another(scraped))}",
        )
    ours = {port for one in running for port in (*one.listens.values(), *(one.listening() if scraped else ()))}
    needed = {**used, **({SCRAPED: scraped} if scraped else {})}
    wanted = {name: port for name, port in needed.items() if port not in ours}
    if any(map(ports.taken, wanted.values())):
        beside = local_changes.ports_beside(spec)
        ports.require_free({name: port for name, port in wanted.items() if port not in beside}, partial(_flag, switches))


def _flag(switches: Mapping[str, str], name: str, port: int) -> str:
    if name != SCRAPED:
        return ports.setting(name, port)
    export = switches.get(EXPORT.name, OFF)
    if export != OFF and scraped_port(export):
        return f"--export {at_port(export, port)}"
    return f"--with {addons.at_port(switches[WITH], port)}"
