"""What was lost on the way to the store, by the hop at which a counter shows it. Nothing is guessed: no counter, no loss.

What is only refused may be sent again by its sender, who counts it where it gives up.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from labctl.telemetry.hops.collector import CollectorCounts
from labctl.telemetry.hops.exporters import SAMPLERS
from labctl.telemetry.hops.service import SdkCounts

ITEMS: Final = {"traces": "spans", "metrics": "data points", "logs": "log records"}
FULL: Final = "queue_full"              # error.type of the specification


class LossCause(StrEnum):
    SDK = "sdk"                         # dropped or given up by an SDK
    REFUSED = "refused"                 # by the collector: its sender sends again
    LEFT_OUT = "left_out"               # by one of the collector's processors
    UNSENT = "unsent"                   # given up by one of its exporters
    ENDED = "ended"                     # in a collector that has ended: lost, unless that was in good order


@dataclass(frozen=True, slots=True)
class Loss:
    hop: str                            # as the ledger of a run names it
    cause: LossCause
    signal: str
    items: int                          # since the component started
    lately: int | None                  # of these since a time that is told; None: unknown
    why: str
    meant: bool = False                 # by sampling
    last: float | None = None           # Unix seconds of the last of those lost lately; None: unknown

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def order(loss: Loss) -> tuple[int, int]:
    """Spans first, and of each signal the most."""
    return list(ITEMS).index(loss.signal), -loss.items


def of_sdks(found: Mapping[str, SdkCounts]) -> Iterator[Loss]:
    """Without metric points: an SDK sends totals, which are in its next export; where none comes, it has told nothing lately."""
    for service, counts in found.items():
        for (signal, error), items in counts.dropped.items():
            if signal == "metrics":
                continue
            why = f"dropped by the SDK of {service}: its queue was full" if error == FULL else (
                f"the SDK of {service} failed to send: {error}")
            yield Loss("service → collector", LossCause.SDK, signal, items, counts.lately[signal, error], why,
                       last=counts.last.get((signal, error)))


def of_collector(now: CollectorCounts, first: CollectorCounts | None) -> Iterator[Loss]:
    """`first`: what it counted when it was first looked at; None: it has been started anew since."""
    for signal in ITEMS:
        lately = None if first is None else now.refused[signal] - first.refused[signal]
        why = "the sender may retry"
        yield Loss("collector", LossCause.REFUSED, signal, now.refused[signal], lately, why)
    for (signal, processor), items in now.left_out.items():
        lately = None if first is None else items - first.left_out[signal, processor]
        meant = processor.partition("/")[0] in SAMPLERS
        yield Loss("collector", LossCause.LEFT_OUT, signal, items, lately, f"dropped by its processor {processor}", meant=meant)
    for name, exporter in now.exporters.items():
        before = first.exporters.get(name) if first else None
        for signal in ITEMS:
            items, hop = exporter.failed[signal], f"collector → {'viewer' if exporter.to_viewer else name}"
            lately = items - before.failed[signal] if before else None
            yield Loss(hop, LossCause.UNSENT, signal, items, lately, f"its exporter {name} failed to send")


def of_ended_collectors(spans: int) -> Loss:
    why = "held by the collector when it restarted (not lost if it shut down cleanly)"
    return Loss("collector", LossCause.ENDED, "traces", spans, spans, why)
