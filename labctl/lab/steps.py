"""What every lab goes through, whatever its target."""

from labctl.errors import NotReady
from labctl.lab import canary as canaries
from labctl.model import Lab, Notes


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


def canary(lab: Lab) -> Notes:
    """One request whose trace has to reach the viewer, with every span. Raises NotReady that names the hop that lost it."""
    yield "sending one request"
    hops = canaries.fly(lab.target.endpoints(), lab.patience_s)
    broken = next((hop for hop in hops if not hop.ok), None)
    if broken:
        raise NotReady(f"the canary's trace was lost: {broken.hop}", detail=broken.seen, hint=broken.hint)
    yield f"{hops[-1].seen} in {sum(hop.ms for hop in hops):.0f} ms"


def destroy(lab: Lab) -> Notes:
    yield from lab.target.destroy()
