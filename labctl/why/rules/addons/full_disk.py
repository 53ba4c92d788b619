"""What mends a store whose disk is full: a shorter retention where that frees anything, else a look at what fills it."""

import shlex
from typing import Final

from labctl.switches.stores import retention
from labctl.why.facts import Facts

_WORTH: Final = 16 << 20                # bytes: of a smaller store a shorter retention frees next to nothing


def remedy(facts: Facts, component: str, signal: str, used: float) -> str:
    on, found = facts.observation.switches, facts.component(component)
    if used >= _WORTH and retention.of_lab(on)[signal] > retention.DAY_S:
        return f"labctl up --retention {retention.with_time(on.get(retention.NAME, ''), signal, retention.DAY_S)}"
    if found and found.health.pod:
        return f"labctl describe {component}"
    return f"du -ah {shlex.quote(str(facts.spec.state / component))} | sort -h | tail"
