"""The end of an `up`: where the lab answers and what to type next.

Plain lines: a script's `up` must not pay for rich.
"""

from labctl.components import ports
from labctl.lab.lifecycle import UpResult
from labctl.ui import failure
from labctl.ui.kit.commands import typed
from labctl.ui.kit.plain import say

LABELS = {port.name: port.label for _, port in ports()}
LABEL_WIDTH = max(map(len, LABELS.values()))


def show(result: UpResult, *, summary: bool) -> None:
    """The summary on stdout; on stderr why there is no trace of this `up`, if there is none."""
    if result.trace_error:
        failure.show(result.trace_error)
    if not summary:
        return
    say(f"{result.lab} is up on {result.target}{'' if result.changed else ', nothing has changed'}")
    if result.endpoints:
        places = {**{LABELS[endpoint]: url for endpoint, url in result.endpoints.items()}, **result.fetched}
        width = max(LABEL_WIDTH, *map(len, places))
        for name, place in places.items():
            say(f"  {name:<{width}}  {place}")
    else:
        say(typed("its cluster publishes no port on this machine: labctl forward service 9002:9000"))
    for name, text in result.switches.items():
        until = f"until {typed(f'labctl up --{name} off')}"
        say(f"on: --{name} {text}, {result.notes.get(name, until)}")
    for name in (one for one in result.notes if one not in result.switches):
        say(f"off: --{name}, {result.notes[name]}")
    say(f"next: {typed('labctl load')}")
