"""Which part of the viewer answers a request: the page, which is imported with the first one for it, or the API.

What answers the page's questions is imported while the browser fetches the page's files: it takes 100 ms.
"""

import threading
from functools import cached_property
from typing import TYPE_CHECKING

from labctl.telemetry.http.guard import Guard
from labctl.telemetry.http.messages import Answerer, HttpRequest, Reply
from labctl.telemetry.receive.intake import Intake
from labctl.telemetry.store.store import Store

if TYPE_CHECKING:
    from labctl.telemetry.files.reading.loads import Loads

_UNLIMITED = 1 << 50                    # bytes of a store: labctl view deletes nothing
_OF_THE_PAGE = ("/page/", "/api/page/", "/api/live")


class Front:
    def __init__(self, api: Answerer, store: Store, intake: Intake, guard: Guard, loads: "Loads | None" = None) -> None:
        self._api = api
        self._parts = store, intake, guard, loads
        self._of_files = store.bounds.size >= _UNLIMITED
        self._lock = threading.Lock()

    def __call__(self, request: HttpRequest) -> Reply:
        path = request.path
        return self._page(request) if path == "/" or path.startswith(_OF_THE_PAGE) else self._api(request)

    def _page(self, request: HttpRequest) -> Reply:
        from labctl.telemetry.page import files

        if not files.is_one(request.path):
            return self._answers()(request)
        if "_imported" not in self.__dict__:
            threading.Thread(target=self._answers, daemon=True).start()
        return files.file(request, of_files=self._of_files)

    def _answers(self) -> Answerer:
        with self._lock:
            return self._imported

    @cached_property
    def _imported(self) -> Answerer:
        from labctl.telemetry.page.routes import PageAnswers

        return PageAnswers(*self._parts)
