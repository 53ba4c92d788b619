"""Which part of the viewer answers a request: the page, which is imported with the first one for it, or the API."""

import threading
from functools import cached_property

from labctl.telemetry.http.guard import Guard
from labctl.telemetry.http.messages import Answerer, HttpRequest, Reply
from labctl.telemetry.receive.intake import Intake
from labctl.telemetry.store.store import Store

_OF_THE_PAGE = ("/page/", "/api/page/", "/api/live")


class Front:
    def __init__(self, api: Answerer, store: Store, intake: Intake, guard: Guard) -> None:
        self._api = api
        self._parts = store, intake, guard
        self._lock = threading.Lock()

    def __call__(self, request: HttpRequest) -> Reply:
        path = request.path
        return self._page(request) if path == "/" or path.startswith(_OF_THE_PAGE) else self._api(request)

    def _page(self, request: HttpRequest) -> Reply:
        with self._lock:
            page = self._imported
        return page(request)

    @cached_property
    def _imported(self) -> Answerer:
        from labctl.telemetry.page.routes import PageAnswers

        return PageAnswers(*self._parts)
