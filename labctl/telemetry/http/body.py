"""A request's body, read and inflated within bounds: a megabyte of gzip can hold a gigabyte of zeros."""

import zlib
from typing import BinaryIO

MOST_SENT = 16 << 20                    # bytes on the wire
MOST_INFLATED = 64 << 20
GZIP = 31                               # zlib's window bits for a gzip header


class BodyError(Exception):
    def __init__(self, status: int, title: str) -> None:
        super().__init__(title)
        self.status = status


def read(stream: BinaryIO, length: str | None, encoding: str | None, chunked: bool = False) -> bytes:
    """The whole body. Raises BodyError with the status that answers it."""
    if chunked or length is None:
        raise BodyError(411, "a Content-Length is wanted")
    if not length.isascii() or not length.isdigit():
        raise BodyError(400, "the Content-Length is not a number")
    size = int(length)
    if size > MOST_SENT:
        raise BodyError(413, f"a body is at most {MOST_SENT >> 20} MiB")
    body = stream.read(size)
    if len(body) < size:
        raise BodyError(400, "the body ended early")
    return _decoded(body, encoding)


def _decoded(body: bytes, encoding: str | None) -> bytes:
    match (encoding or "identity").strip().lower():
        case "identity":
            return body
        case "gzip":
            return _inflated(body)
        case other:
            raise BodyError(415, f"the content encoding {other[:40]} is not known: gzip, or none")


def _inflated(body: bytes) -> bytes:
    inflater = zlib.decompressobj(GZIP)
    try:
        data = inflater.decompress(body, MOST_INFLATED)
    except zlib.error as error:
        raise BodyError(400, f"not gzip: {error}") from None
    if inflater.unconsumed_tail:
        raise BodyError(413, f"a body inflates to at most {MOST_INFLATED >> 20} MiB")
    if not inflater.eof:
        raise BodyError(400, "the gzip stream ended early")
    return data
