"""The ports that a lab needs on this machine, with the one that Prometheus scrapes: free or the lab's, and each used once."""

from collections.abc import Mapping, Sequence
from functools import partial

from labctl.errors import UsageError
from labctl.host import ports
from labctl.host.daemons import Running
from labctl.model import LabSpec
from labctl.switches.destinations import PROMETHEUS, at_port, scraped_port
from labctl.switches.export import EXPORT
from labctl.switches.switch import OFF
from labctl.targets.local import changes as local_changes


def require_free(spec: LabSpec, running: Sequence[Running], switches: Mapping[str, str]) -> None:
    """Raises Refused where another program has one, UsageError where two purposes have the same."""
    export = switches.get(EXPORT.name, OFF)
    scraped = 0 if export == OFF else scraped_port(export)
    twice = next((name for name, port in spec.ports.items() if port == scraped), "")
    if twice:
        raise UsageError(
            f"port {scraped} is given twice: for {twice} and for {PROMETHEUS}",
            hint=f"labctl up --export {at_port(export, ports.another(scraped))}",
        )
    ours = {port for one in running for port in (*one.listens.values(), *(one.listening() if scraped else ()))}
    needed = {**spec.ports, **({PROMETHEUS: scraped} if scraped else {})}
    wanted = {name: port for name, port in needed.items() if port not in ours}
    if any(map(ports.taken, wanted.values())):
        beside = local_changes.ports_beside(spec)
        ports.require_free({name: port for name, port in wanted.items() if port not in beside}, partial(_flag, export))


def _flag(export: str, name: str, port: int) -> str:
    return f"--export {at_port(export, port)}" if name == PROMETHEUS else ports.setting(name, port)
