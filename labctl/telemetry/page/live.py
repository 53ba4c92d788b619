"""The live stream: what the viewer receives, once a second, to every page that is open.

    GET /api/live    text/event-stream; each event is JSON as `overview.now` gives it

Subtle: one thread makes an event, and all pages get the same bytes; it runs only while there is a page. A page that falls behind
gets the newest event next, and misses those between: so none costs memory. The tabs of one browser share one stream.
"""

import json
import threading
import time
from collections.abc import Callable, Generator
from typing import Any, Final

from labctl.telemetry.http.messages import HTTPProblem, Reply

EVERY_S: Final = 1.0
MOST_STREAMS: Final = 32                # each holds a thread of the server
PATIENCE_S: Final = 8.0                 # without an event, after which a comment shows that the stream lives
_HEADERS: Final = (("cache-control", "no-store"), ("cross-origin-resource-policy", "same-origin"))


class Live:
    def __init__(self, snapshot: Callable[[], dict[str, Any]], every_s: float = EVERY_S) -> None:
        self._snapshot = snapshot
        self._every_s = every_s
        self._changed = threading.Condition()
        self._streams = 0
        self._event, self._number = b"", 0
        self._thread: threading.Thread | None = None

    def reply(self) -> Reply:
        """Raises HTTPProblem where there are too many streams."""
        with self._changed:
            if self._streams >= MOST_STREAMS:
                raise HTTPProblem(429, "too many pages are open", f"at most {MOST_STREAMS} browsers", retry_after_s=5)
            self._streams += 1
            if self._thread is None:
                self._event, self._number = b"", 0              # no page begins with what was long ago
                self._thread = threading.Thread(target=self._run, name="live", daemon=True)
                self._thread.start()
        stream = self._events()
        next(stream)                    # from here on its closing is noticed
        return Reply(200, b"", "text/event-stream", _HEADERS, stream)

    def _events(self) -> Generator[bytes, None, None]:
        seen = 0

        def is_new() -> bool:
            return self._number > seen

        try:
            yield b""
            yield b"retry: 1000\n\n"
            while True:
                with self._changed:
                    self._changed.wait_for(is_new, PATIENCE_S)
                    event, seen = (self._event, self._number) if is_new() else (b":\n\n", seen)
                yield event
        finally:
            with self._changed:
                self._streams -= 1

    def _run(self) -> None:
        while True:
            begun = time.monotonic()
            try:
                data = self._snapshot()
            except Exception as error:  # noqa: BLE001 - the pages are told, and the next one may succeed
                data = {"at": time.time(), "error": f"{type(error).__name__}: {error}"}
            text = json.dumps(data, ensure_ascii=False)
            with self._changed:
                if not self._streams:
                    self._thread = None
                    return
                self._event, self._number = f"data: {text}\n\n".encode(errors="replace"), self._number + 1
                self._changed.notify_all()
            time.sleep(max(0.0, self._every_s - (time.monotonic() - begun)))
