"""Whether the lab answers on this machine's ports: pods that are ready prove little while kube-proxy is still at work."""

import time

from labctl.errors import NotReady
from labctl.host.http import Unreachable, get
from labctl.model import Endpoints

ASK_EVERY_S = 0.05
SERVER_ERROR = 500
IN_A_ROW = 4                            # answers of a service that was replaced


def await_answers(at: Endpoints, deadline: float, *, replaced: bool) -> None:
    """Until all of them answer, or `deadline` (of the monotonic clock). Raises NotReady with the last answer.

    `replaced` says that the service has a new pod. Its old one drains and says so, but connections go to both for a moment.
    """
    for component, url in (("viewer", f"{at.viewer}/health"), ("collector", at.otlp_http), ("service", f"{at.service}/ready")):
        missing = IN_A_ROW if replaced and component == "service" else 1
        wanted = missing
        while missing:
            said = _ask(url)
            missing = wanted if said else missing - 1
            if said and time.monotonic() > deadline:
                raise NotReady(f"{component} is ready, but {url} does not answer", detail=said, hint="labctl status")
            if missing:
                time.sleep(ASK_EVERY_S)


def _ask(url: str) -> str | None:
    """What is wrong, or None. An answer that refuses (the collector has no page) is an answer."""
    try:
        status = get(url, timeout_s=1.0).status
    except Unreachable as error:
        return error.detail
    return f"{status}" if status >= SERVER_ERROR else None
