"""Waits until the lab answers on this machine's ports: a pod can be ready before kube-proxy routes to it."""

import time
from collections.abc import Iterator

from labctl.components import COMPONENTS, SERVICE
from labctl.errors import NotReady
from labctl.host.http import Unreachable, get
from labctl.host.waiting import Deadline
from labctl.model import Endpoints

ASK_EVERY_S = 0.05
SERVER_ERROR = 500
IN_A_ROW = 4                            # consecutive answers of a replaced service


def await_answers(at: Endpoints, deadline: Deadline, *, replaced: bool) -> None:
    """Wait until all of them answer. Raises NotReady with the last answer at `deadline`.

    `replaced`: the service has a new pod. The old one drains and answers 503 at /ready, but connections go to both for a moment.
    """
    for component, url in _pages(at):
        missing = IN_A_ROW if replaced and component == SERVICE.name else 1
        wanted = missing
        while missing:
            said = _ask(url)
            missing = wanted if said else missing - 1
            if said and deadline.passed:
                raise NotReady(f"{component} is ready, but {url} does not answer", detail=said, hint="labctl status")
            if missing:
                time.sleep(ASK_EVERY_S)


def _pages(at: Endpoints) -> Iterator[tuple[str, str]]:
    """The URL to probe for each component with published ports: its health, else its last port, which speaks HTTP."""
    for component in reversed(COMPONENTS):
        published = [port.name for port in component.ports if port.name not in at.temporary]
        if component.health.port in published:
            yield component.name, at[component.health.port] + component.health.path
        elif published:
            yield component.name, at[published[-1]]


def _ask(url: str) -> str | None:
    """What is wrong, or None. Any HTTP status counts as an answer (the collector has no page at /)."""
    try:
        status = get(url, timeout_s=1.0).status
    except Unreachable as error:
        return error.detail
    return f"{status}" if status >= SERVER_ERROR else None
