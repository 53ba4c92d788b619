"""The steps of `up` and `down`, the same for every target."""

from typing import Final

from labctl.errors import LabError, NotReady
from labctl.lab import canary as canaries
from labctl.model import Lab, Notes
from labctl.targets import accepted_token
from labctl.viewer_client.client import ViewerClient

STUCK_S: Final = 5.0                    # for a viewer that cannot store: it may have been for a moment


def check(lab: Lab) -> Notes:
    yield from lab.target.check()


def provision(lab: Lab) -> Notes:
    yield from lab.target.provision()


def publish(lab: Lab) -> Notes:
    yield from lab.target.publish()


def deploy(lab: Lab) -> Notes:
    yield from lab.target.deploy()


def ready(lab: Lab) -> Notes:
    yield from lab.target.ready(lab.patience_s)
    yield from accepted_token.spread(lab.target, lab.spec, lab.patience_s)


def canary(lab: Lab) -> Notes:
    """One request whose trace has to reach the viewer, with every span. Raises NotReady that names the hop that lost it."""
    yield "sending one request"
    endpoints = lab.target.endpoints()
    stuck = _cannot_store(endpoints.viewer)
    sent = canaries.send_until_one_arrives(endpoints, min(lab.patience_s, STUCK_S) if stuck else lab.patience_s)
    if broken := sent.broken:
        raise NotReady(f"the canary's trace did not arrive: {broken.hop}", detail=broken.seen, hint=broken.hint)
    late = f", of the request {sent.attempt}: those before did not arrive in time" if sent.attempt > 1 else ""
    aside = ViewerClient(endpoints.viewer).store_put_aside()
    replaced = f"; the viewer began a new store: the old one could not be used and was put aside as {aside}" if aside else ""
    yield f"{sent.hops[-1].seen} in {sent.ms:.0f} ms{late}{replaced}"


def _cannot_store(viewer: str) -> bool:
    """Whether the viewer says so of itself; then waiting long is pointless."""
    try:
        return bool(ViewerClient(viewer).store_cannot_write())
    except LabError:
        return False


def destroy(lab: Lab) -> Notes:
    yield from lab.target.destroy()
