"""What the add-ons say of themselves: whether VictoriaLogs can write."""

from collections import defaultdict
from typing import Final

from labctl.components import VICTORIA_LOGS
from labctl.errors import LabError
from labctl.host.http import get
from labctl.model import Endpoints
from labctl.viewer_client import prometheus
from labctl.why.facts import OK, AddonFacts

_TIMEOUT_S: Final = 1.0
_READ_ONLY, _FREE, _USED = "vl_storage_is_read_only", "vl_free_disk_space_bytes", "vl_data_size_bytes"


def ask(at: Endpoints) -> AddonFacts | None:
    """None where the lab has no VictoriaLogs, or it does not answer, which its health says."""
    url = at.urls.get(VICTORIA_LOGS.ports[0].name)
    if url is None:
        return None
    try:
        answer = get(f"{url}/metrics", _TIMEOUT_S)
    except LabError:
        return None
    values: defaultdict[str, float] = defaultdict(float)     # summed over a metric's series
    for one in prometheus.series(answer.body.decode(errors="replace"), VICTORIA_LOGS.name) if answer.status == OK else ():
        values[one["name"]] += one.get("value") or 0.0
    return AddonFacts(bool(values[_READ_ONLY]), values[_FREE], values[_USED]) if _READ_ONLY in values else None
