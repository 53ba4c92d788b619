"""A page that is open for hours: a viewer whose live clock is fast, and what the page holds when its garbage is collected."""

import sys
from typing import Any

from tests.browser import Page
from tests.viewer import Viewer

VIEWS = ("traces", "heatmap?minutes=5", "logs", "metrics", "runs", "traces?query=status%3Derror", "metrics?name=requests")
FAST = """
import sys
from labctl.telemetry.page.live import Live
Live.__init__.__defaults__ = (float(sys.argv.pop(1)),)
from labctl.telemetry.__main__ import main
main()
"""


class FastViewer(Viewer):
    """It tells its pages 50 times a second what others tell once."""

    every_s = 0.02

    def argv(self) -> list[str]:
        return [sys.executable, "-c", FAST, str(self.every_s), *super().argv()[3:]]


HOLD = """(() => {
    const real = globalThis.fetch;
    delete globalThis.letGo;
    globalThis.late = false;
    globalThis.fetch = async (url, options) => {
        const wanted = !globalThis.letGo && String(url).includes(PART);
        if (!wanted) return real(url, options);
        const waits = new Promise((done) => { globalThis.letGo = done; }), text = await (await real(url, options)).text();
        await waits;
        globalThis.fetch = real;
        const json = async () => { setTimeout(() => { globalThis.late = true; }); return JSON.parse(text); };
        return { ok: STATUS < 400, status: STATUS, json };
    };
})()"""


def hold(page: Page, part: str, status: int = 200) -> None:
    """The next answer of an address that contains `part` waits for `release`, and has that status."""
    page.value(HOLD.replace("PART", repr(part)).replace("STATUS", str(status)))


def release(page: Page) -> None:
    """The answer that is held, and wait until the page has it."""
    page.value("globalThis.letGo()")
    page.until("globalThis.late")


def held(page: Page) -> dict[str, Any]:
    for _ in range(3):
        page.call("HeapProfiler.collectGarbage")
    counters, heap = page.call("Memory.getDOMCounters"), page.call("Runtime.getHeapUsage")["usedSize"]
    return {"heap": heap, "nodes": counters["nodes"], "listeners": counters["jsEventListeners"]}


def turn(page: Page, trace: str) -> None:
    """Every view once, without loading the page anew, and back to the overview."""
    for view in (*VIEWS, f"trace/{trace}", ""):
        page.value(f"location.hash = '#/{view}'")
        page.until(f"document.documentElement.dataset.drawn.startsWith('{view.partition('?')[0].partition('/')[0]}/')")


def ticks(page: Page, viewer: Viewer, count: int) -> None:
    """Wait until the page was told so often."""
    page.value("""globalThis.ticks ??= (globalThis.told = 0,
        import(new URL('kit/live.js', document.querySelector('script[src]').src)).then(({ subscribe }) =>
        subscribe(() => { globalThis.told += 1; }, new AbortController().signal)))""")
    begun = page.value("globalThis.told")
    page.until(f"globalThis.told >= {begun + count}")
    assert viewer.process.poll() is None
