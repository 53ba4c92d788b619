"""What the collector's exporters still have to send, and what they have given up, from its own metrics.

Subtle: what cannot be sent waits in a queue and is tried again. It is lost only once it has been given up.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rich.text import Text

from labctl import numbers
from labctl.ui.kit.palette import DIM, WARN
from labctl.ui.kit.safe_text import visible
from labctl.ui.telemetry.metric_words import Series

_QUEUE: Final = "otelcol_exporter_queue_size"
_GIVEN_UP: Final = {
    f"otelcol_exporter_{how}_failed_{items}": items.replace("_", " ")
    for how in ("send", "enqueue") for items in ("spans", "metric_points", "log_records")
}


def render(series: Sequence[Series]) -> Iterator[Text]:
    """A line for each exporter that has a queue, and one for each that has given something up."""
    waiting, given_up = dict[str, Counter[str]](), dict[str, Counter[str]]()
    for entry in series:
        name, attributes = str(entry["name"]).removesuffix("_total"), entry.get("attributes") or {}
        exporter, value = str(attributes.get("exporter", "")), int(entry.get("value") or 0)
        if name == _QUEUE:
            waiting.setdefault(exporter, Counter())[str(attributes.get("data_type", "telemetry"))] += value
        elif value and name in _GIVEN_UP:
            given_up.setdefault(exporter, Counter())[_GIVEN_UP[name]] += value
    for exporter, batches in waiting.items():
        yield _waiting(exporter, batches)
    for exporter, items in given_up.items():
        yield Text(f"{visible(exporter)} has given up {_amounts(items)}: they are lost", style=WARN)


def _waiting(exporter: str, batches: Mapping[str, int]) -> Text:
    if not any(batches.values()):
        return Text(f"{visible(exporter)} has nothing waiting to be sent", style=DIM)
    return Text(f"{visible(exporter)} has batches waiting to be sent, and tries again: {_amounts(batches, 'of ')}", style=WARN)


def _amounts(items: Mapping[str, int], of: str = "") -> str:
    return ", ".join(f"{numbers.count(number)} {of}{visible(what)}" for what, number in items.items() if number)
