"""The counts of received items since the viewer started, as JSON and as Prometheus text."""

import time
from collections.abc import Iterator
from typing import Any

from labctl.telemetry.receive.intake import Intake

STARTED = time.time()


def received(intake: Intake) -> dict[str, Any]:
    """All counts are since `started` (Unix seconds); keys are `<signal>.<transport>`.

    accepted    items that were committed, including duplicates
    duplicates  accepted items that had been stored before, by signal
    refused     invalid items, and requests that cannot be decoded
    reasons     of the refusals, by signal
    failed      requests that were answered with a retryable error, because the store could not write
    """
    by_signal: dict[str, dict[str, int]] = {}
    for (signal, reason), items in list(intake.reasons.items()):
        by_signal.setdefault(signal, {})[reason] = items
    named = {"accepted": intake.accepted, "refused": intake.refused, "failed": intake.failed}
    counts = {name: {f"{s}.{t}": n for (s, t), n in list(counter.items()) if n} for name, counter in named.items()}
    return {"started": STARTED, **counts, "duplicates": dict(intake.duplicates), "reasons": by_signal}


def own_metrics(intake: Intake) -> bytes:
    return "".join(f"{line}\n" for line in _lines(intake)).encode()


def _lines(intake: Intake) -> Iterator[str]:
    counters = {"accepted_items": intake.accepted, "refused_items": intake.refused, "failed_requests": intake.failed}
    for name, counter in counters.items():
        yield f"# TYPE labctl_viewer_{name}_total counter"
        for (signal, transport), number in sorted(counter.items()):
            yield f'labctl_viewer_{name}_total{{signal="{signal}",transport="{transport}"}} {number}'
    yield "# TYPE labctl_viewer_duplicate_items_total counter"
    for signal, number in sorted(intake.duplicates.items()):
        yield f'labctl_viewer_duplicate_items_total{{signal="{signal}"}} {number}'
