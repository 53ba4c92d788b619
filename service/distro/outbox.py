"""A bounded queue with a thread that sends batches from it and holds each until it has been delivered.

When it is full the oldest item is dropped and counted, as in the SDK's batch processor, whose queue loses a batch that could
not be sent. Counts are kept as plain integers and observed when metrics are collected.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    queue: int                       # items
    batch: int                       # items
    delay_s: float                   # how long an item waits for others


@dataclass(slots=True)
class Counts:
    """started = processed + dropped + what is queued; processed = exported + failed + the batch that is being sent."""

    started: int = 0
    processed: int = 0
    dropped: int = 0                 # the queue was full
    exported: int = 0
    failed: int = 0                  # refused by the collector, or given up at the end


class Outbox(Generic[T]):
    """`deliver` blocks until a batch has arrived (True) or has to be given up (False)."""

    def __init__(self, name: str, limits: Limits, deliver: Callable[[list[T]], bool]) -> None:
        self.counts = Counts()
        self.limits = limits
        self._deliver = deliver
        self._queue: deque[T] = deque()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"outbox-{name}", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, item: T) -> None:
        with self._lock:
            self.counts.started += 1
            if self._closed or len(self._queue) >= self.limits.queue:
                self.counts.dropped += 1
                if self._closed:
                    return
                self._queue.popleft()
            self._queue.append(item)
        if len(self._queue) == self.limits.batch:
            self._wake.set()

    def shut_down(self) -> None:
        """Take nothing more, and return when what is held has been delivered or given up."""
        with self._lock:
            self._closed = True
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed:
            self._wake.wait(self.limits.delay_s)
            self._wake.clear()
            self._send_all()
        self._send_all()

    def _send_all(self) -> None:
        while batch := self._take():
            delivered = self._deliver(batch)
            with self._lock:
                if delivered:
                    self.counts.exported += len(batch)
                else:
                    self.counts.failed += len(batch)

    def _take(self) -> list[T]:
        with self._lock:
            size = min(len(self._queue), self.limits.batch)
            self.counts.processed += size
            return [self._queue.popleft() for _ in range(size)]
