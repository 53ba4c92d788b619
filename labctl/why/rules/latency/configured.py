"""Settings that make requests slow: on purpose, or in the running process alone."""

from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.findings import Certainty, Evidence, Finding, Kind, Symptom
from labctl.why import service_variables as variables
from labctl.why.facts import Facts

LOOKS_AT: Final = "settings that make requests slow (DEFAULT_LATENCY_MS, LATENCY_JITTER, SLOW_SPAN, MODEL_WORK)"
_HIGH_MS: Final = 300.0


def find(facts: Facts) -> Iterator[Finding]:
    for name in ("DEFAULT_LATENCY_MS", "LATENCY_JITTER", "SLOW_SPAN", "MODEL_WORK"):
        message = _message(name, variables.value(facts, name))
        changed = variables.changed(facts, name)
        if message and (changed or name != "LATENCY_JITTER"):
            yield Finding(
                "configured-latency", Kind.CAUSE if changed else Kind.NOTICE, "service", message,
                (*variables.evidence(facts, name), *_seen(facts)), variables.remedy(facts, name) if changed else "",
                leads_to=frozenset({Symptom.SLOW}),
                # a busy CPU alone makes no request slow: that takes a limit, or many requests at once
                certainty=Certainty.LIKELY if name == "MODEL_WORK" else Certainty.CERTAIN,
            )


def _message(name: str, text: str) -> str:
    if name == "DEFAULT_LATENCY_MS":
        return f"an inference takes {numbers.milliseconds(float(text))} (DEFAULT_LATENCY_MS)" if _above(text, _HIGH_MS) else ""
    if name == "LATENCY_JITTER":
        return f"an inference's time varies by {text} (LATENCY_JITTER)" if text and text != "20%" else ""
    if name == "SLOW_SPAN":
        step, _, rest = text.partition(":")
        share, _, longer = rest.partition(":")
        return f"{step} takes {longer} longer in {share} of the requests (SLOW_SPAN)" if longer else ""
    return "an inference keeps a CPU busy instead of waiting (MODEL_WORK=cpu)" if text == "cpu" else ""


def _above(text: str, limit: float) -> bool:
    try:
        return float(text) > limit
    except ValueError:
        return False


def _seen(facts: Facts) -> tuple[Evidence, ...]:
    canary = facts.canary
    if canary is None or not canary.answered:
        return ()
    return (Evidence("POST /predict", f"took {numbers.milliseconds(canary.ms)}", canary.at),)
