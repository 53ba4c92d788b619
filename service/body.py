"""Reads a request's body, up to a limit and a deadline.

A body that is too large is refused without being read into memory: the server discards the rest as it arrives.
"""

import asyncio
from typing import Any

from starlette.requests import Request

from service.problem import Problem

LIMIT = 1 << 20                      # bytes
TRUNCATED = "service.truncated"      # in the scope's state: the client closed its side before the end of the body


async def read(request: Request, timeout_s: float) -> bytes:
    """The whole body. Problems: 408 too slow, 413 too large, 415 not JSON, 400 cut off."""
    _check_type(request)
    announced = _announced(request)
    try:
        async with asyncio.timeout(timeout_s):
            body = await _collect(request)
    except TimeoutError:
        raise Problem(408, "body_timeout", f"the body did not arrive within {timeout_s:g} s", close=True) from None
    if TRUNCATED in request.scope["state"] or len(body) < announced:
        raise Problem(400, "truncated_body", "the body ended before it was complete", close=True)
    return body


def _check_type(request: Request) -> None:
    media_type, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    charset = parameters.strip().removeprefix("charset=").strip('"')
    if media_type.strip() != "application/json" or charset not in {"", "utf-8"}:
        raise Problem(415, "unsupported_media_type", "the body must be application/json in UTF-8")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Problem(415, "unsupported_encoding", "the body must not be compressed")


def _announced(request: Request) -> int:
    length = request.headers.get("content-length", "0")
    size = int(length) if length.isdecimal() and len(length) <= len(str(LIMIT)) else LIMIT + 1
    if size > LIMIT:
        raise _too_large()
    return size


async def _collect(request: Request) -> bytes:
    message: Any = await request.receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return _within_limit(message, body)
    chunks = [body]
    size = len(body)
    while message.get("more_body"):
        message = await request.receive()
        chunks.append(_within_limit(message, message.get("body", b"")))
        size += len(chunks[-1])
        if size > LIMIT:
            raise _too_large()
    return b"".join(chunks)


def _within_limit(message: Any, body: bytes) -> bytes:
    if message["type"] == "http.disconnect":
        raise Problem(400, "client_disconnected", "the client went away", close=True)
    if len(body) > LIMIT:
        raise _too_large()
    return body


def _too_large() -> Problem:
    return Problem(413, "body_too_large", f"the body must not be larger than {LIMIT} bytes")
