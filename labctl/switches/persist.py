"""--persist: the collector's sending queues are on disk, so that its restart or kill loses nothing that it has accepted."""

from typing import Final

from labctl.switches.switch import Switch, just_on

PERSIST: Final = Switch(
    "persist", "on|off", ("on",), "the collector's sending queues on disk: its restart or kill loses nothing that it took",
    just_on("persist"),
)
