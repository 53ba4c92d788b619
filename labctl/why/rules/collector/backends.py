"""A backend of --export, or an add-on, that does not take what the collector sends: the lab itself loses nothing by it."""

from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.components import BY_NAME, VICTORIA_LOGS
from labctl.findings import UNREACHED, Evidence, Finding, Kind
from labctl.model import State
from labctl.switches.destinations import without
from labctl.why import collector_config, collector_exporters
from labctl.why.collector_exporters import Complaint
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether the backends of --export and the add-ons take what the collector sends"
_RECENT_S: Final = 12.0                 # longer than an exporter waits before it tries again
_LOST: Final = ("send_failed", "enqueue_failed")
_ITEMS: Final = ("spans", "metric_points", "log_records")


def find(facts: Facts) -> Iterator[Finding]:
    component = facts.component("collector")
    complaints = collector_exporters.complaints(facts, component.log if component else ())
    recent = [one for one in complaints if one.at > facts.at - _RECENT_S]
    for name in collector_exporters.to_backends(facts):
        said = [one for one in recent if one.exporter == name]
        if said and (said[-1].level == collector_exporters.LOST or _waiting(facts, name)):
            yield _finding(facts, name, said[-1])


def _finding(facts: Facts, name: str, said: Complaint) -> Finding:
    config, backend = collector_config.running(facts), name.rpartition("/")[2]
    address = config.of("exporters", name, "endpoint") if config else None
    reason = said.error.rpartition(": ")[2]
    return Finding(
        "backend-refuses", Kind.CAUSE, "collector",
        f"the collector cannot send to {backend}{f' ({address})' if address else ''}: {reason}",
        (said.evidence, Evidence("the collector's own metrics", _counts(facts, name))), _remedy(facts, backend),
        symptom=UNREACHED.get(backend) if _ails(facts, backend) else None, final=False,
    )


def _ails(facts: Facts, backend: str) -> bool:
    """Whether it is an add-on which is known to be the reason."""
    addon = facts.component(backend) if backend in BY_NAME else None
    read_only = facts.addons is not None and facts.addons.read_only and backend == VICTORIA_LOGS.name
    return addon is not None and (addon.health.state is not State.READY or read_only)


def _waiting(facts: Facts, name: str) -> float:
    """What its queues hold, in its own unit."""
    return facts.collector.after.total("exporter_queue_size", exporter=name) if facts.collector else 0.0


def _counts(facts: Facts, name: str) -> str:
    metrics = facts.collector.after if facts.collector else None
    lost = sum(metrics.total(f"exporter_{how}_{item}", exporter=name) for how in _LOST for item in _ITEMS) if metrics else 0
    gone = f"{numbers.plural(int(lost), 'item')} given up since it started" if lost else "nothing is given up so far"
    return f"{numbers.size(int(_waiting(facts, name)))} wait in its queues, {gone}; the viewer gets everything"


def _remedy(facts: Facts, backend: str) -> str:
    """To take it back: only its owner can make it answer."""
    if backend in BY_NAME and facts.component(backend):
        return f"labctl logs {backend}"
    on = facts.observation.switches.get("export", "")
    return f"labctl up --export {without(on, backend) or 'off'}" if on else "labctl logs collector"
