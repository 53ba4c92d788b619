"""The collector's counters as it prints them, and what follows from two looks at them."""

from collections.abc import Iterator
from contextlib import contextmanager

from labctl.load.ledger.collector_watch import CollectorWatch, sample
from labctl.load.ledger.sampled_out import TailCounts
from tests.unit.load.servers import Client, close, each, serving

TEXT = """# TYPE otelcol_receiver_accepted_spans counter
otelcol_receiver_accepted_spans{{receiver="otlp",transport="grpc"}} {accepted}
otelcol_receiver_accepted_spans{{receiver="otlp",transport="http"}} 10
otelcol_exporter_sent_spans{{exporter="debug"}} 999
otelcol_exporter_sent_spans_total{{exporter="otlp_http/viewer",url_path="/v1/traces"}} {sent}
otelcol_exporter_queue_size{{data_type="traces",exporter="otlp_http/viewer"}} 2
otelcol_exporter_queue_size{{data_type="traces",exporter="otlp_http/backend"}} 4096
otelcol_exporter_sent_spans_total{{exporter="otlp_http/backend"}} 77
otelcol_exporter_enqueue_failed_spans{{exporter="otlp_http/backend"}} 55
otelcol_process_uptime {uptime}
"""


@contextmanager
def collector(*counts: tuple[int, int, float]) -> Iterator[str]:
    """One with these counts of accepted and sent spans and this uptime, one after the other, the last for ever."""
    with serving_texts([TEXT.format(accepted=accepted, sent=sent, uptime=uptime) for accepted, sent, uptime in counts]) as url:
        yield url


@contextmanager
def serving_texts(texts: list[str]) -> Iterator[str]:
    bodies = [text.encode() for text in texts]

    def handle(client: Client) -> None:
        while client.request() is not None:
            body = bodies.pop(0) if len(bodies) > 1 else bodies[0]
            client.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))

    with serving(handle) as url:
        yield url.removesuffix("/predict")


def looked(url: str, times: int = 2) -> CollectorWatch:
    watch = CollectorWatch(url)
    for _ in range(times):
        watch.look()
    return watch


def test_a_look() -> None:
    with collector((90, 80, 5.0)) as url:
        found = sample(url)
    assert found is not None
    assert (found.accepted, found.sent, found.queued) == (100, 80, 2)


def test_what_a_sampler_drops_is_neither_waiting_nor_lost() -> None:
    items = """
otelcol_processor_incoming_items{{otel_signal="traces",processor="memory_limiter"}} 70
otelcol_processor_outgoing_items{{otel_signal="traces",processor="memory_limiter"}} 60
otelcol_processor_incoming_items{{otel_signal="traces",processor="probabilistic_sampler"}} {into}
otelcol_processor_outgoing_items{{otel_signal="traces",processor="probabilistic_sampler"}} {out_of}
otelcol_processor_incoming_items{{otel_signal="logs",processor="filter"}} 7
otelcol_processor_incoming_items{{otel_signal="traces",processor="filter/drop"}} {out_of}
otelcol_processor_outgoing_items{{otel_signal="traces",processor="filter/drop"}} {filtered}
"""
    counts = [(90, 70, 5.0, 100, 80, 70), (190, 75, 5.1, 200, 90, 75)]
    texts = [TEXT.format(accepted=a, sent=b, uptime=c) + items.format(into=d, out_of=e, filtered=f)
             for a, b, c, d, e, f in counts]
    with serving_texts([text.replace("queue_size{data", "queue_size_of{data") for text in texts]) as url:
        watch = looked(url)
    assert watch.last is not None
    assert (watch.last.dropped, watch.lost_inside, watch.waiting, watch.idle) == (125, 0, 0, True)
    assert watch.filtered == 5


def test_tail_sampling_holds_traces_until_it_has_decided() -> None:
    tail = """
otelcol_processor_tail_sampling_new_trace_id_received {received}
otelcol_processor_tail_sampling_global_count_traces_sampled{{decision="sampled",sampled="true"}} {kept}
otelcol_processor_tail_sampling_global_count_traces_sampled{{decision="not_sampled",sampled="false"}} {dropped}
"""
    counts = [(90, 0, 5.0, 3, 1, 0), (190, 9, 5.1, 30, 2, 8), (190, 90, 5.2, 30, 6, 24)]
    text = TEXT + tail
    texts = [text.format(accepted=a, sent=b, uptime=c, received=d, kept=e, dropped=f) for a, b, c, d, e, f in counts]
    with serving_texts([text.replace("queue_size{data", "queue_size_of{data") for text in texts]) as url:
        watch = looked(url)
        assert (watch.idle, watch.waiting) == (False, 191)
        watch.look()
    assert (watch.idle, watch.waiting) == (True, 0)
    assert watch.tail_counts == TailCounts(received=27, not_kept=24, undecided_before=2)


def test_what_it_took_and_did_not_pass_on() -> None:
    with collector((90, 100, 5.0), (190, 150, 5.1)) as url:
        watch = looked(url)
    assert (watch.steady, watch.lost_inside, watch.sent, watch.idle) == (True, 50, 50, False)


def test_a_restarted_one_is_no_evidence() -> None:
    with collector((90, 100, 50.0), (0, 0, 0.1)) as url:
        assert not looked(url).steady
    with collector((90, 100, 50.0), (500, 500, 0.1)) as url:
        assert not looked(url).steady


def test_one_that_has_gone_or_is_none() -> None:
    with collector((90, 100, 5.0)) as url:
        watch = looked(url, 1)
    watch.look()
    gone = watch.gone_since
    assert gone is not None
    watch.look()
    assert watch.gone_since == gone
    with serving(each(then=close)) as url:
        assert looked(url.removesuffix("/predict")).gone_since is not None
