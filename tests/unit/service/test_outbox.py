"""The books of an outbox balance whatever happens to its batches."""

import threading

from conftest import until

from service.distro.outbox import Counts, Limits, Outbox


def balanced(counts: Counts, queued: int) -> bool:
    return counts.started == counts.processed + counts.dropped + queued


def test_everything_is_delivered_in_order_and_in_batches() -> None:
    batches: list[list[int]] = []
    outbox = Outbox[int]("test", Limits(100, 4, 0.001), lambda batch: batches.append(batch) is None)
    for item in range(10):
        outbox.put(item)
    outbox.shut_down()
    assert [item for batch in batches for item in batch] == list(range(10))
    assert max(map(len, batches)) <= 4
    assert outbox.counts == Counts(started=10, processed=10, exported=10)


def test_a_full_queue_drops_the_oldest_and_counts_it() -> None:
    gate = threading.Event()
    delivered: list[int] = []

    def held(batch: list[int]) -> bool:
        gate.wait()
        delivered.extend(batch)
        return True

    outbox = Outbox[int]("test", Limits(queue=3, batch=1, delay_s=0.001), held)
    outbox.put(0)
    until(lambda: outbox.counts.processed == 1)
    for item in range(1, 6):
        outbox.put(item)
    assert (outbox.counts.dropped, len(outbox)) == (2, 3)
    assert balanced(outbox.counts, len(outbox))
    gate.set()
    outbox.shut_down()
    assert delivered == [0, 3, 4, 5]


def test_what_is_given_up_is_counted_as_failed() -> None:
    outbox = Outbox[int]("test", Limits(10, 10, 0.001), lambda _: False)
    outbox.put(1)
    outbox.shut_down()
    assert outbox.counts == Counts(started=1, processed=1, failed=1)


def test_after_the_end_nothing_is_taken_and_it_is_counted() -> None:
    outbox = Outbox[int]("test", Limits(10, 10, 0.001), lambda _: True)
    outbox.shut_down()
    outbox.put(1)
    assert (outbox.counts.dropped, len(outbox)) == (1, 0)
    assert balanced(outbox.counts, 0)
