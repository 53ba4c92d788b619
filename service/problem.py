"""Errors as `application/problem+json` (RFC 9457), with the id of the request's trace.

An answer does not echo the request: NaN, Infinity and lone surrogates in it could not be written as JSON.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from opentelemetry import trace
from starlette.exceptions import HTTPException
from starlette.responses import Response

from service import telemetry

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """A request that is answered with an error. `kind` becomes `error.type`, an attribute that needs a small set of values."""

    def __init__(self, status: int, kind: str, detail: str, *, close: bool = False) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.close = close           # the connection cannot be used for another request

    def response(self) -> Response:
        headers = {"connection": "close"} if self.close else None
        return Response(body(self.status, self.detail), self.status, headers, MEDIA_TYPE)


def body(status: int, detail: str) -> bytes:
    value = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    trace_id = telemetry.trace_id()
    if trace_id is not None:
        value["trace_id"] = trace_id
    return json.dumps(value).encode()


def install(app: FastAPI) -> None:
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _unexpected)


async def _refused(_request: Request, error: Exception) -> Response:
    status, headers = _status_of(error)
    trace.get_current_span().set_attribute("error.type", str(status))
    phrase = HTTPStatus(status).phrase.lower()
    return Response(body(status, f"{phrase} for this path"), status, dict(headers), MEDIA_TYPE)


def _status_of(error: Exception) -> tuple[int, Mapping[str, str]]:
    if isinstance(error, HTTPException):
        return error.status_code, error.headers or {}
    return 500, {}


async def _unexpected(_request: Request, error: Exception) -> Response:
    trace.get_current_span().set_attribute("error.type", type(error).__qualname__)
    return Response(body(500, "the service failed; its log has the cause under this trace id"), 500, None, MEDIA_TYPE)
