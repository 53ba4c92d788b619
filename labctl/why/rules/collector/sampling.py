"""Processors that drop spans on purpose: a sampler, a filter."""

from collections.abc import Iterator
from typing import Any, Final

from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.viewer_client.sent_spans import KEEP
from labctl.why import collector_config
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether the collector samples or filters spans"
KINDS: Final = ("probabilistic_sampler", "tail_sampling", "filter")
_FEW_PERCENT: Final = 1.0


def find(facts: Facts) -> Iterator[Finding]:
    config = collector_config.running(facts)
    for kind in KINDS if config else ():
        for name, settings in config.used("processors", kind) if config else ():
            yield _finding(facts, name, settings)


def _finding(facts: Facts, name: str, settings: Any) -> Finding:
    paths = (f"processors.{name}", "service.pipelines.traces.processors")
    share = settings.get("sampling_percentage") if isinstance(settings, dict) else None
    keeps = f": it keeps {share:g} %" if isinstance(share, int | float) else ""
    changed = collector_config.is_changed(facts, *paths)
    lost = facts.canary is not None and bool(facts.canary.missing)
    # a share that somebody chose is no fault, even where it has left out the canary, nor is a policy that keeps canaries
    suspect = lost and not (isinstance(share, int | float) and share >= _FEW_PERCENT) and KEEP not in str(settings)
    quoted = Evidence(collector_config.SOURCE, f"processors.{name}: {_quoted(settings)}")
    return Finding(
        "sampled-out", Kind.CAUSE if changed else Kind.NOTICE, "collector",
        f"the collector's {name} drops spans{keeps}", collector_config.evidence(facts, *paths) or (quoted,),
        collector_config.remedy(facts, *paths) if changed or suspect else "", leads_to=frozenset({Symptom.COLLECTOR_DROPS}),
        suspect=suspect,
        against="the canary's trace arrived" if facts.canary and facts.canary.whole else "",
    )


def _quoted(settings: Any) -> str:
    """Of tail sampling only its policies' names and when it decides: the whole is a page."""
    policies = settings.get("policies") if isinstance(settings, dict) else None
    if not isinstance(policies, list):
        return str(settings)
    names = (str(one.get("name", "")) for one in policies if isinstance(one, dict))
    return f"policies {', '.join(names)}; decision_wait {settings.get('decision_wait', '30s')}"
