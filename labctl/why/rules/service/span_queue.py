"""The SDK's queue of spans: too small, so that spans are dropped, or emptied so seldom that they come late."""

from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.why import service_variables as variables
from labctl.why.facts import Facts

LOOKS_AT: Final = "the SDK's queue of spans: its size, what it dropped, how often it is sent (OTEL_BSP_*)"
PROCESSED: Final = "otel.sdk.processor.span.processed"
_SIZE: Final = "OTEL_BSP_MAX_QUEUE_SIZE"
_BATCH: Final = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"
_DELAY: Final = "OTEL_BSP_SCHEDULE_DELAY"
_SMALL: Final = 256                     # spans: fewer than 64 requests'
_LATE_MS: Final = 3000.0


def find(facts: Facts) -> Iterator[Finding]:
    yield from _size(facts)
    yield from _delay(facts)


def _size(facts: Facts) -> Iterator[Finding]:
    size, dropped = _number(variables.value(facts, _SIZE)), _dropped(facts)
    changed = variables.changed(facts, _SIZE)
    if size is None or (not dropped and not (changed and size <= _SMALL)):
        return
    counted = tuple(
        Evidence(f"{PROCESSED} with error.type={reason}", f"{numbers.plural(int(spans), 'span')} dropped")
        for reason, spans in dropped.items()
    )
    small = size <= _SMALL
    yield Finding(
        "span-queue", Kind.CAUSE if small or changed else Kind.SYMPTOM, "service",
        f"the SDK's queue holds only {numbers.plural(int(size), 'span')}, and drops the rest",
        (*variables.evidence(facts, _SIZE, _BATCH), *counted),
        variables.remedy(facts, _SIZE) if small or changed else "", leads_to=frozenset({Symptom.SPANS_DROPPED}),
        symptom=None if small or changed else Symptom.SPANS_DROPPED,
    )


def _delay(facts: Facts) -> Iterator[Finding]:
    delay = _number(variables.value(facts, _DELAY))
    late = facts.canary is not None and bool(facts.canary.missing)
    changed = variables.changed(facts, _DELAY)
    if delay is not None and delay >= _LATE_MS and (late or changed):
        yield Finding(
            "span-delay", Kind.CAUSE if changed else Kind.NOTICE, "service",
            f"the service sends its spans only every {numbers.milliseconds(delay)}",
            variables.evidence(facts, _DELAY), variables.remedy(facts, _DELAY), leads_to=frozenset({Symptom.TRACES_MISSING}),
            suspect=True,
        )


def _dropped(facts: Facts) -> dict[str, float]:
    """Spans by the reason for which the processor dropped them, while the canary was on its way or just before."""
    earlier = facts.viewer.metrics_before if facts.viewer else ()
    before = {_reason(one): _value(one) for one in earlier if one.get("name") == PROCESSED}
    now = {reason: _value(one) for one in facts.sdk(PROCESSED) if (reason := _reason(one))}
    small = (_number(variables.value(facts, _SIZE)) or _SMALL + 1) <= _SMALL
    return {reason: spans for reason, spans in now.items() if spans > before.get(reason, 0.0) or (small and spans)}


def _reason(series: object) -> str:
    return str(series["attributes"].get("error.type", "")) if isinstance(series, dict) else ""


def _value(series: object) -> float:
    return float(series.get("value") or 0.0) if isinstance(series, dict) else 0.0


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
