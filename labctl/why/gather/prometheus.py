"""What Prometheus says of its rules, of its disk, of those whose metrics it reads, and of what Alertmanager cannot deliver."""

import time
from typing import Final

from labctl.addons.prometheus_api import PrometheusApi
from labctl.components import PROMETHEUS
from labctl.errors import LabError
from labctl.host.waiting import Deadline
from labctl.model import Endpoints
from labctl.viewer_client import prometheus
from labctl.why.facts import PrometheusFacts

_TIMEOUT_S: Final = 1.0
_RELOADED: Final = "prometheus_config_last_reload_successful"
_UNWRITTEN: Final = "prometheus_tsdb_wal_writes_failed_total"
_STORE: Final = ("prometheus_tsdb_storage_blocks_bytes", "prometheus_tsdb_wal_storage_size_bytes")
_WATCH_S: Final = 2.2                   # longer than from one scrape to the next
_UNREAD: Final = "max_over_time(up[9s]) == 0 and count_over_time(up[9s]) > 3"       # four scrapes: fewer may fail at the start
_FAILED: Final = "alertmanager_notifications_failed_total"
_UNTOLD: Final = f"sum(clamp_min({_FAILED} - ({_FAILED} offset 30s), 0) or {_FAILED})"
"""`increase` would count those of a process before, which may have been mended by its end."""


def ask(at: Endpoints, deadline: Deadline) -> PrometheusFacts | None:
    """None where the lab has no Prometheus, or it does not answer, which its health says."""
    url = at.urls.get(PROMETHEUS.ports[0].name)
    if url is None:
        return None
    api, begun = PrometheusApi(url, _TIMEOUT_S), time.monotonic()
    try:
        own = _own(api)
        rules = {rule.name: rule.error for rule in api.rules() if not rule.healthy}
        jobs = [sample.labels.get("job", "") for sample in api.query(_UNREAD)]
        errors = api.scrape_errors() if jobs else {}
        untold = api.number(_UNTOLD) or 0.0
        unwritten = _grown(api, own, deadline)
    except LabError:
        return None
    return PrometheusFacts(
        own.get(_RELOADED, 1.0) == 1.0, rules, {job: errors[job] for job in jobs if job in errors}, untold, unwritten,
        time.monotonic() - begun, sum(own.get(name, 0.0) for name in _STORE),
    )


def _own(api: PrometheusApi) -> dict[str, float]:
    found = prometheus.series(api.own_metrics(), PROMETHEUS.name)
    return {one["name"]: one["value"] for one in found if one.get("value") is not None}


def _grown(api: PrometheusApi, before: dict[str, float], deadline: Deadline) -> float:
    """By how much the writes that have failed grow; one that never failed is not watched."""
    if not (failed := before.get(_UNWRITTEN, 0.0)):
        return 0.0
    time.sleep(max(0.0, min(_WATCH_S, deadline.left - _TIMEOUT_S)))
    return max(_own(api).get(_UNWRITTEN, failed) - failed, 0.0)
