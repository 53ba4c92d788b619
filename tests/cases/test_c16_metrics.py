"""C15–C18, C26: points of every kind, and what several instances add up to."""

import math
import struct

import pytest

from labctl.telemetry.query.buckets import merged
from labctl.viewer_client.client import ViewerClient
from tests.cases import otlp
from tests.viewer import Viewer


def resource(instance: bytes) -> bytes:
    named = (otlp.attribute(b"service.name", otlp.text(b"svc")), otlp.attribute(b"service.instance.id", otlp.text(instance)))
    return b"".join(otlp.field(1, one) for one in named)


def request(metric: bytes, instance: bytes = b"a") -> bytes:
    return otlp.field(1, otlp.field(1, resource(instance)) + otlp.field(2, otlp.field(2, metric)))


def double(number: int, value: float) -> bytes:
    return otlp.varint(number << 3 | 1) + struct.pack("<d", value)


def gauge(value: float, name: bytes = b"level", flags: int = 0, at: int = otlp.NOW) -> bytes:
    point = otlp.fixed64(3, at) + (otlp.integer(8, flags) if flags else double(4, value))
    return otlp.field(1, name) + otlp.field(5, otlp.field(1, point))


def histogram(bounds: list[float], counts: list[int], total: float = 10.0, at: int = otlp.NOW) -> bytes:
    packed = otlp.field(6, b"".join(count.to_bytes(8, "little") for count in counts))
    edges = otlp.field(7, struct.pack(f"<{len(bounds)}d", *bounds))
    point = otlp.fixed64(2, 1) + otlp.fixed64(3, at) + otlp.fixed64(4, sum(counts)) + double(5, total) + packed + edges
    return otlp.field(1, b"took") + otlp.field(3, b"ms") + otlp.field(9, otlp.field(1, point) + otlp.integer(2, 2))


def test_a_histogram_whose_buckets_do_not_fit_is_refused_alone(viewer: Viewer) -> None:
    assert viewer.send(request(histogram([1, 2], [1, 2, 3])), signal_="metrics").status == 200
    assert viewer.send(request(histogram([1, 2], [1, 2]), b"b"), signal_="metrics").status == 400
    [series] = ViewerClient(viewer.url).metrics().series
    assert (series["count"], series["counts"]) == (6, [1, 2, 3])


def test_instances_with_different_bounds_are_summed(viewer: Viewer) -> None:
    viewer.send(request(histogram([1, 2, 4], [1, 2, 3, 0])), signal_="metrics")
    viewer.send(request(histogram([2, 8], [1, 2, 3], total=30.0), b"b"), signal_="metrics")
    [series] = ViewerClient(viewer.url).metrics().series
    assert (series["count"], series["sum"], series["bounds"], series["counts"]) == (12, 40.0, [2], [4, 8])


@pytest.mark.parametrize(("histograms", "expected"), [
    ([], ([], [])),
    ([([1.0], [2, 3]), ([1.0], [5, 7])], ([1.0], [7, 10])),
    ([([1.0, 2.0], [1, 1, 1]), ([3.0], [4, 4])], ([], [11])),
    ([([1.0, 2.0, 3.0], [1, 2, 3, 4]), ([1.0, 3.0], [10, 20, 30])], ([1.0, 3.0], [11, 25, 34])),
    ([([], [5]), ([1.0], [1, 1])], ([], [7])),
])
def test_buckets_are_merged_exactly(
    histograms: list[tuple[list[float], list[int]]], expected: tuple[list[float], list[int]],
) -> None:
    assert merged(histograms) == expected


def test_no_recorded_value_is_nothing(viewer: Viewer) -> None:
    assert viewer.send(request(gauge(0, flags=1)), signal_="metrics").status == 200
    assert ViewerClient(viewer.url).metrics().series == []
    viewer.send(request(gauge(7), b"b"), signal_="metrics")
    assert [one["value"] for one in ViewerClient(viewer.url).metrics().series] == [7]


def test_a_series_that_has_ended_has_no_value(viewer: Viewer) -> None:
    viewer.send(request(gauge(5)), signal_="metrics")
    viewer.send(request(gauge(0, flags=1, at=otlp.NOW + 10**9)), signal_="metrics")
    assert ViewerClient(viewer.url).metrics().series == []


@pytest.mark.parametrize(("value", "word"), [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")])
def test_numbers_that_json_lacks_are_words(viewer: Viewer, value: float, word: str) -> None:
    assert viewer.send(request(gauge(value)), signal_="metrics").status == 200
    [series] = ViewerClient(viewer.url).metrics().series
    assert series["value"] == word


def test_a_time_that_is_too_late_is_refused_and_thirty_good_requests_beside_it_are_not(viewer: Viewer) -> None:
    statuses = [viewer.send(request(gauge(n, name=b"m%d" % n)), signal_="metrics").status for n in range(30)]
    assert viewer.send(request(gauge(1, at=2**64 - 1)), signal_="metrics").status == 400
    assert set(statuses) == {200}
    assert len(ViewerClient(viewer.url).metrics().series) == 30


def test_a_point_of_the_far_future_does_not_make_others_gone(viewer: Viewer) -> None:
    viewer.send(request(gauge(7)), signal_="metrics")
    viewer.send(request(gauge(1, at=otlp.NOW + 10**18), b"liar"), signal_="metrics")
    [series] = ViewerClient(viewer.url).metrics().series
    assert series["value"] == 8


def test_one_name_of_two_types_is_two_series(viewer: Viewer) -> None:
    viewer.send(request(gauge(7, name=b"took")), signal_="metrics")
    viewer.send(request(histogram([1], [1, 1]), b"b"), signal_="metrics")
    assert {one["type"] for one in ViewerClient(viewer.url).metrics().series} == {"gauge", "histogram"}
