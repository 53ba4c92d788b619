"""--persist: the collector's sending queues are on disk, so that what waits in them survives its restart or kill.

Not in them is what a processor still holds: tail sampling keeps undecided traces in memory.
"""

from typing import Final

from labctl.switches.switch import ON_OR_OFF, Switch, just_on

PERSIST: Final = Switch(
    "persist", ON_OR_OFF, ("on",), "the collector's sending queues on disk: what waits in them survives its restart or kill",
    just_on("persist"),
)
