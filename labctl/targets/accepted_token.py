"""Whether the collector and the viewer accept the lab's token, asked of them: what they hold may be another than the file has."""

from collections.abc import Iterator
from typing import Final

from labctl.components import COLLECTOR
from labctl.credentials import token
from labctl.errors import NotReady
from labctl.host.http import Unreachable, request
from labctl.host.waiting import until
from labctl.model import Endpoints, LabSpec, Target
from labctl.switches.security import AUTH

LOOK_EVERY_S: Final = 0.2
UNAUTHORISED: Final = 401
_NO_SPANS: Final = b'{"resourceSpans":[]}'


def accepted(endpoints: Endpoints, secret: str) -> bool:
    return all(status not in {None, UNAUTHORISED} for status in _answers(endpoints, secret))


def accepted_by_one(endpoints: Endpoints, secret: str) -> bool:
    return any(status not in {None, UNAUTHORISED} for status in _answers(endpoints, secret))


def refused(endpoints: Endpoints, secret: str) -> bool:
    return UNAUTHORISED in _answers(endpoints, secret)


def _answers(endpoints: Endpoints, secret: str) -> Iterator[int | None]:
    """Each one's status; None: no answer."""
    headers = {"authorization": f"Bearer {secret}", "content-type": "application/json"}
    asked = (("POST", f"{endpoints.otlp_http}/v1/traces", _NO_SPANS), ("GET", f"{endpoints.viewer}/api/counts?only=spans", None))
    for method, url, body in asked:
        try:
            yield request(method, url, body, headers).status
        except Unreachable:
            yield None


def spread(target: Target, spec: LabSpec, patience_s: float) -> Iterator[str]:
    """Where the running components hold another token than the file, have them read it again. Yields nothing where all is well.

    The collector does not look again at a file that was away: by hand, or while a Secret was.
    """
    if AUTH.name not in target.switches():
        return
    endpoints, [first, *_] = target.endpoints(), token.tokens(spec.state) or [""]
    if not refused(endpoints, first):
        return
    yield "the token is refused: the collector reads its file again"
    yield from target.renew_credentials(restart=(COLLECTOR.name,))
    if not until(lambda: accepted(endpoints, first), patience_s, every=LOOK_EVERY_S):
        raise NotReady("the lab's token is refused", hint="labctl why")
    yield "all components answer; the collector has read the token again"
