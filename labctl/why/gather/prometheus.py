"""What Prometheus says: whether it could read its rules, whose metrics it cannot read, what Alertmanager could not deliver."""

import re
from typing import Final

from labctl.addons.prometheus_api import PrometheusApi
from labctl.components import PROMETHEUS
from labctl.errors import LabError
from labctl.model import Endpoints
from labctl.why.facts import PrometheusFacts

_TIMEOUT_S: Final = 1.0
_RELOADED: Final = re.compile(r"^prometheus_config_last_reload_successful ([01])", re.MULTILINE)
_UNREAD: Final = "max_over_time(up[7s]) == 0"           # three scrapes
_UNTOLD: Final = "sum(increase(alertmanager_notifications_failed_total[30s]))"


def ask(at: Endpoints) -> PrometheusFacts | None:
    """None where the lab has no Prometheus, or it does not answer, which its health says."""
    url = at.urls.get(PROMETHEUS.ports[0].name)
    if url is None:
        return None
    api = PrometheusApi(url, _TIMEOUT_S)
    try:
        reloaded = _RELOADED.search(api.own_metrics())
        rules = {rule.name: rule.error for rule in api.rules() if not rule.healthy}
        jobs = [sample.labels.get("job", "") for sample in api.query(_UNREAD)]
        errors = api.scrape_errors() if jobs else {}
        untold = api.number(_UNTOLD) or 0.0
    except LabError:
        return None
    return PrometheusFacts(not reloaded or reloaded[1] == "1", rules, {job: errors[job] for job in jobs if job in errors}, untold)
