"""What commands with an address do: print it, open a browser, and keep it alive where it is a forwarded port."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labctl.addons.pages import Page


def show(address: str, *, browser: bool) -> None:
    """Print it on stdout, and open it where there is a display."""
    from labctl.ui.kit.plain import say

    say(address)
    open_browser(address, browser=browser)


def open_browser(address: str, *, browser: bool) -> None:
    """Where there is a display."""
    from labctl.addons import browser as browsers
    from labctl.ui.kit.plain import remark

    if browser and browsers.there_is_one() and not browsers.show(address):
        remark(" ! no browser could be started: open the address yourself")


def stay(pages: "Sequence[Page]") -> None:
    """Until Ctrl-C where one of them is forwarded; else not at all."""
    import signal

    from labctl.ui.kit.plain import remark

    forwarded = [page.forwarding for page in pages if page.forwarding]
    if not forwarded:
        return
    remark("forwarding; press Ctrl-C to stop")
    try:
        while True:
            signal.pause()
    finally:
        for one in forwarded:
            one.close()
