"""Prometheus cannot read its configuration or rules.

Subtle: it tries again every two seconds until the files are as they were when it read them last. It then says no more, and its
metric goes on saying that the last reload failed: so only one that complained just now is wrong.
"""

from collections.abc import Iterator
from typing import Final

from labctl.components import PROMETHEUS
from labctl.findings import Evidence, Finding, Kind
from labctl.why.facts import Facts
from labctl.why.rules.addons import own_log

LOOKS_AT: Final = "whether Prometheus could load its configuration and rules"
_MANIFEST: Final = "manifests/addons/prometheus/config.yaml"
_RELOADING: Final = "source=main.go"
_AGAIN_S: Final = 6.0                   # it tries every two


def find(facts: Facts) -> Iterator[Finding]:
    if facts.prometheus is None or facts.prometheus.reloaded:
        return
    if said := tuple(own_log.last_error(facts, PROMETHEUS.name, _AGAIN_S, _RELOADING)):
        yield Finding(
            "rules-unreadable", Kind.CAUSE, PROMETHEUS.name,
            "Prometheus cannot reload its configuration or rules, and keeps using the previous ones",
            (Evidence("Prometheus' own metrics", "prometheus_config_last_reload_successful 0"), *said), _remedy(facts),
            final=False,
        )


def _remedy(facts: Facts) -> str:
    """`labctl up` where the files are not the project's; else what restores the project's own."""
    found = facts.component(PROMETHEUS.name)
    if found is None or found.expected is None or found.config != found.expected.config:
        return "labctl up"
    if (facts.spec.project / ".git").exists():
        return f"git -C {facts.spec.project} restore {_MANIFEST} && labctl up"
    return f"correct {_MANIFEST}, then: labctl up"
