"""What the add-ons say of themselves: whether VictoriaLogs can write."""

from typing import Final

from labctl.components import VICTORIA_LOGS
from labctl.errors import LabError
from labctl.host.http import get
from labctl.model import Endpoints
from labctl.viewer_client import prometheus
from labctl.why.facts import OK, AddonFacts

_TIMEOUT_S: Final = 1.0
_READ_ONLY, _FREE = "vl_storage_is_read_only", "vl_free_disk_space_bytes"


def ask(at: Endpoints) -> AddonFacts | None:
    """None where the lab has no VictoriaLogs, or it does not answer, which its health says."""
    url = at.urls.get(VICTORIA_LOGS.ports[0].name)
    if url is None:
        return None
    try:
        answer = get(f"{url}/metrics", _TIMEOUT_S)
    except LabError:
        return None
    values = {one["name"]: one["value"] for one in prometheus.series(answer.body.decode(errors="replace"), VICTORIA_LOGS.name)
              if "value" in one} if answer.status == OK else {}
    return AddonFacts(bool(values[_READ_ONLY]), values.get(_FREE) or 0.0) if _READ_ONLY in values else None
