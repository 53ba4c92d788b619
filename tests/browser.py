"""Chromium without a window, driven by its DevTools protocol: what a page draws, asks for, and complains about."""

import base64
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websocket import create_connection

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
COMPLAINTS = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
PATIENCE_S = 60.0
LOOK_EVERY_S = 0.01
CODES = {
    "Tab": 9, "Enter": 13, "Escape": 27, "PageUp": 33, "PageDown": 34, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowUp": 38,
    "ArrowRight": 39, "ArrowDown": 40,
}
SHIFT = 8                               # of the protocol's modifiers


def executable() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """One tab. `complaints` and `asked` are what it has said and fetched since it was opened, data: addresses left out."""

    def __init__(self, address: str) -> None:
        self._socket = create_connection(address, timeout=PATIENCE_S)
        self._number = 0
        self.complaints: list[str] = []
        self.asked: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while (message := json.loads(self._socket.recv())).get("id") != self._number:
            self._noted(message)
        assert "error" not in message, message
        return message["result"]

    def open(self, path: Path, width: int, scheme: str) -> None:
        """Show a file and wait until its charts are drawn."""
        self.visit(path.as_uri(), width, scheme)

    def visit(self, url: str, width: int = 1440, scheme: str = "light") -> None:
        """The same of an address; it is loaded anew also where only what follows its `#` differs."""
        self.call("Page.navigate", url="about:blank")
        self.complaints, self.asked = [], []
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.call("Page.navigate", url=url)
        self.until("document.documentElement?.dataset.drawn !== undefined")

    def value(self, expression: str) -> Any:
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def until(self, expression: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while not self.value(expression):
            assert time.monotonic() < end, f"{expression} never came; {self.complaints}"
            time.sleep(LOOK_EVERY_S)    # the page works while nobody asks it

    def press(self, *keys: str) -> None:
        """Of several letters: a key's name, `Shift+` may stand before it."""
        for pressed in keys:
            key = pressed.removeprefix("Shift+")
            text = {"text": "\r" if key == "Enter" else key} if len(key) == 1 or key == "Enter" else {}
            code = {"windowsVirtualKeyCode": CODES[key]} if key in CODES else {}
            held = {"modifiers": SHIFT} if key != pressed else {}
            self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **text, **code, **held)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=key, **code, **held)

    def click(self, element: str) -> None:
        """At the middle of what this expression gives."""
        self.value(f"{element}.scrollIntoView({{block: 'center'}})")
        box = self.value(f"{element}.getClientRects()[0].toJSON()")
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, **at, button="left", clickCount=1)

    def drag(self, begin: tuple[float, float], end: tuple[float, float]) -> None:
        for kind, (x, y), buttons in (("mousePressed", begin, 1), ("mouseMoved", end, 1), ("mouseReleased", end, 0)):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=buttons, clickCount=1)

    def pictured(self) -> bytes:
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])

    def printed(self) -> bytes:
        return base64.b64decode(self.call("Page.printToPDF")["data"])

    def close(self) -> None:
        self._socket.close()

    def _noted(self, message: dict[str, Any]) -> None:
        if message["method"] in COMPLAINTS:
            self.complaints.append(json.dumps(message["params"])[:500])
        elif message["method"] == "Network.requestWillBeSent":
            url = message["params"]["request"]["url"]
            self.asked += [url] if not url.startswith("data:") else []


@contextmanager
def browsing(folder: Path, *further: str) -> Iterator[Page]:
    """A browser with a profile of its own in `folder`, and these further options."""
    program = executable()
    assert program
    options = ["--headless=new", "--disable-gpu", "--remote-debugging-port=0", f"--user-data-dir={folder}",
               *further, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with subprocess.Popen([program, *options, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            page = Page(_address(folder / "DevToolsActivePort", process))
            yield page
            page.close()
        finally:
            process.terminate()


def _address(announced: Path, process: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + PATIENCE_S
    while not (announced.exists() and announced.read_text().count("\n")):
        assert process.poll() is None, "the browser has ended"
        assert time.monotonic() < end, "the browser does not say where it listens"
        time.sleep(0.02)
    with urllib.request.urlopen(f"http://127.0.0.1:{announced.read_text().split()[0]}/json", timeout=PATIENCE_S) as answer:
        return next(tab["webSocketDebuggerUrl"] for tab in json.load(answer) if tab["type"] == "page")
