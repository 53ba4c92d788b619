"""What the service says of itself."""

from typing import Any, Final

from labctl.errors import LabError
from labctl.host.http import get
from labctl.why.facts import OK, ServiceFacts

_TIMEOUT_S: Final = 1.0


def ask(url: str) -> ServiceFacts | None:
    try:
        answer = get(f"{url}/health", _TIMEOUT_S)
        health: Any = answer.json() if answer.status == OK else None
        trouble = "" if answer.status == OK else f"/health answered {answer.status}: {answer.excerpt()}"
        ready = get(f"{url}/ready", _TIMEOUT_S).status
    except LabError as error:
        return ServiceFacts(None, None, ": ".join(filter(None, (error.message, error.detail))))
    if health is not None and not isinstance(health, dict):
        return ServiceFacts(None, ready, "/health answered something else than an object")
    return ServiceFacts(health, ready, trouble)
