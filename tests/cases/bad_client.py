"""A client that sends whatever makes no sense, at a steady rate, while something else goes on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle

from labctl.host.http import Unreachable, post
from tests.cases import otlp
from tests.viewer import JSON, PROTOBUF

PERIOD_S = 0.05


def bodies() -> list[tuple[str, bytes, dict[str, str]]]:
    """Signal, body and headers: bad spans alone and beside a good one, odd ones, bad points and records, no requests at all."""
    good = otlp.span(otlp.trace_id(), otlp.span_id())
    spans = [*otlp.bad_spans().values(), *otlp.odd_spans().values()]
    traces = [otlp.request(bad, service=otlp.NOT_UTF8) for bad in spans] + [otlp.request(good, bad) for bad in spans]
    metric = otlp.field(1, b"m") + otlp.field(5, otlp.field(1, otlp.fixed64(3, otlp.LATE) + otlp.fixed64(4, 0)))
    record = otlp.fixed64(1, otlp.LATE)
    named = [("traces", body) for body in (*traces, b"\xff\xff", traces[0][:-3])]
    named += [("metrics", otlp.request(metric)), ("metrics", otlp.request(b"\xff\xff")), ("logs", otlp.request(record))]
    json = b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xyz"},{"name":7}]}]}]}'
    return [(signal, body, PROTOBUF) for signal, body in named] + [("traces", json, JSON), ("traces", b"{", JSON)]


@contextmanager
def beside(*urls: str) -> Iterator[list[int]]:
    """Send until the end of the block; the list fills with the statuses that came back."""
    statuses: list[int] = []
    ended = threading.Event()

    def send(url: str) -> None:
        for signal, body, headers in cycle(bodies()):
            with suppress(Unreachable):
                statuses.append(post(f"{url}/v1/{signal}", body, headers, 5).status)
            if ended.wait(PERIOD_S):
                return

    threads = [threading.Thread(target=send, args=(url,)) for url in urls]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        ended.set()
        for thread in threads:
            thread.join()
