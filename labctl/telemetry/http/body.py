"""Limits on request bodies: one for each body, and a memory budget that all of them share.

A megabyte of gzip can inflate to a gigabyte of zeros, and a hundred can come at once. So a body is inflated piece by piece, and
each piece is charged to the budget. Subtle: when the budget is used up, the first request that waits may still grow to its own
limit while the others wait (else all could deadlock); so the most memory in use is the budget and one whole body.
"""

import io
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from labctl.telemetry.http.messages import HTTPProblem

MOST_SENT = 16 << 20                    # bytes of one body as it is sent
MOST_INFLATED = 16 << 20
MOST_CHUNKS = 16_384                    # of one body: to parse a chunk takes as long whether it has a byte or a thousand
MOST_RATIO = 250                        # inflated to sent; telemetry compresses to a tenth, zeros to a thousandth
SMALL = 1 << 20                         # bytes up to which the ratio is not checked
SHARED = 8 << 20                       # bytes of all bodies together, except one that may exceed it
WAIT_S = 8.0                            # how long a request waits for a share of the budget
PIECE = 1 << 16
WINDOW_BITS = 47                        # zlib's: accept a gzip or a zlib header
HEADERS = (b"\x1f\x8b", b"\x78")        # magic bytes of gzip and zlib; no OTLP request begins with them


class Budget:
    def __init__(self, limit: int = SHARED, of: str = "bodies", wait_s: float = WAIT_S) -> None:
        self._limit, self._of, self._wait_s = limit, of, wait_s
        self._used = 0
        self._first: Share | None = None        # may exceed the limit
        self._changed = threading.Condition()

    @contextmanager
    def share(self) -> Iterator["Share"]:
        """The share of one request, until it is answered."""
        share = Share(self)
        try:
            yield share
        finally:
            self._release(share)

    def grow(self, share: "Share", size: int) -> None:
        """Raises HTTPProblem when the budget stays used up."""
        begun = time.monotonic()
        with self._changed:
            while self._used + size > self._limit and self._first not in {None, share}:
                left = begun + self._wait_s - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    raise HTTPProblem(429, f"too many large {self._of} at once", retry_after_s=1)
            share.waited_s += time.monotonic() - begun
            if self._used + size > self._limit:
                self._first = share
            self._used += size
            share.size += size

    def _release(self, share: "Share") -> None:
        with self._changed:
            self._used -= share.size
            if self._first is share:
                self._first = None
            self._changed.notify_all()


class Share:
    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.size = 0
        self.waited_s = 0.0             # for other requests, so it does not count towards the sender's deadline

    def grow(self, size: int) -> None:
        if self.size + size > MOST_INFLATED:
            raise HTTPProblem(413, f"a body inflates to at most {MOST_INFLATED >> 20} MiB")
        self._budget.grow(self, size)


def read(pieces: Iterable[bytes], encoding: str, share: Share) -> bytes:
    """The whole body, decoded. Raises HTTPProblem with the status that answers it."""
    match encoding.strip().lower():
        case "" | "identity":
            return _joined(_counted(_bounded(pieces), share))
        case "gzip":
            return inflated(_bounded(pieces), share)
        case other:
            raise HTTPProblem(415, f"unknown content encoding {other[:40]}: use gzip, or none")


def is_compressed(body: bytes) -> bool:
    return body.startswith(HEADERS)


def sliced(body: bytes) -> Iterator[bytes]:
    yield from (body[begin:begin + PIECE] for begin in range(0, len(body), PIECE))


def inflated(pieces: Iterable[bytes], share: Share) -> bytes:
    """Raises HTTPProblem."""
    inflater = zlib.decompressobj(WINDOW_BITS)
    try:
        whole = _joined(_counted(_inflate(inflater, pieces), share))
    except zlib.error as error:
        raise HTTPProblem(400, f"not gzip: {error}") from None
    if not inflater.eof:
        raise HTTPProblem(400, "the gzip stream ended early")
    return whole


def _inflate(inflater: "zlib._Decompress", pieces: Iterable[bytes]) -> Iterator[bytes]:
    sent = made = 0
    for piece in pieces:
        sent += len(piece)
        rest = piece
        while rest and not inflater.eof:
            part = inflater.decompress(rest, PIECE)
            made += len(part)
            # what zlib has not looked at yet makes no room: else a bomb could grow to 250 times a whole piece
            if made > max(SMALL, MOST_RATIO * (sent - len(inflater.unconsumed_tail))):
                raise HTTPProblem(413, f"a body inflates to at most {MOST_RATIO} times its size")
            yield part
            rest = inflater.unconsumed_tail
        if rest or inflater.unused_data:
            raise HTTPProblem(400, "bytes after the end of the gzip stream")


def _counted(pieces: Iterable[bytes], share: Share) -> Iterator[bytes]:
    for piece in pieces:
        share.grow(len(piece))
        yield piece


def _joined(pieces: Iterable[bytes]) -> bytes:
    """Without the pieces beside the whole, as with bytes.join."""
    whole = io.BytesIO()
    for piece in pieces:
        whole.write(piece)
    return whole.getvalue()


def _bounded(pieces: Iterable[bytes]) -> Iterator[bytes]:
    sent = 0
    for piece in pieces:
        sent += len(piece)
        if sent > MOST_SENT:
            raise HTTPProblem(413, f"a body is at most {MOST_SENT >> 20} MiB")
        yield piece
