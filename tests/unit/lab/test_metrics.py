"""Which metrics are chosen by name, and how the collector's own have changed between two looks."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from labctl.errors import LabError, NotReady, UsageError
from labctl.host.http import Answer, Unreachable
from labctl.lab import metrics
from labctl.lab.metrics import MetricChoice, MetricReader
from labctl.model import METRICS, Endpoints

ENDPOINTS = Endpoints({"viewer": "http://v", "collector_metrics": "http://c"})
ARRIVED = ["request_duration_ms", "errors_total", "otel.sdk.span.live", "otel.sdk.span.live.max"]


def viewers(url: str, arrived: list[str], left_out: int = 0) -> Answer:
    wanted = [name for names in parse_qs(urlsplit(url).query).get("name", []) for name in names.split(",")]
    found = [name for name in arrived if not wanted or name in wanted]
    series = [{"name": name, "service": "svc", "attributes": {}, "type": "sum"} for name in found]
    return Answer(url, 200, json.dumps({"series": series, "left_out": left_out}).encode(), 0.0, 0)


@pytest.fixture
def scrapes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the collector answers, one text after another; nothing when there is none left."""
    texts: list[str] = []

    def get(url: str, timeout_s: float = 0.0) -> Answer:
        if url.startswith("http://c"):
            if not texts:
                raise Unreachable("c does not answer", detail="connection refused")
            return Answer(url, 200, texts.pop(0).encode(), 0.0, 0)
        return viewers(url, ARRIVED)

    monkeypatch.setattr(metrics, "get", get)
    monkeypatch.setattr("labctl.viewer_client.client.get", get)
    return texts


def names(choice: MetricChoice) -> list[str]:
    return [str(one["name"]) for one in MetricReader(ENDPOINTS, choice).look().series]


def test_without_a_name_the_six_are_meant_in_their_order(scrapes: list[str]) -> None:
    found = MetricReader(ENDPOINTS, MetricChoice()).look()
    assert [one["name"] for one in found.series] == ["errors_total", "request_duration_ms"]
    assert found.expected == METRICS


def test_a_whole_name_means_that_metric_alone_and_a_beginning_all_that_begin_so(scrapes: list[str]) -> None:
    assert names(MetricChoice(("otel.sdk.span.live",))) == ["otel.sdk.span.live"]
    assert names(MetricChoice(("otel.sdk",))) == ["otel.sdk.span.live", "otel.sdk.span.live.max"]
    assert names(MetricChoice(all=True)) == ARRIVED


def test_an_unknown_name_is_answered_with_near_ones(scrapes: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["labctl", "metrics", "reqest_duration_ms"])
    with pytest.raises(UsageError) as raised:
        names(MetricChoice(("reqest_duration_ms",)))
    assert raised.value.hint.startswith("labctl metrics request_duration_ms")
    assert "connection refused" in raised.value.detail       # it may be the collector's


def test_the_collectors_own_are_shown_without_the_viewer(scrapes: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> Answer:
        raise Unreachable("v does not answer", detail="connection refused")

    monkeypatch.setattr("labctl.viewer_client.client.get", gone)
    scrapes += ["# TYPE otelcol_sent counter\notelcol_sent 7\n"] * 2
    found = MetricReader(ENDPOINTS, MetricChoice(("otelcol",))).look()
    assert [one["name"] for one in found.series] == ["otelcol_sent"]
    assert found.failed == "the viewer's metrics are missing: the viewer does not answer: http://v: connection refused"
    with pytest.raises(NotReady, match="the viewer does not answer"):
        names(MetricChoice(("request_duration_ms",)))     # only the viewer can know it
    with pytest.raises(NotReady, match="the viewer does not answer"):
        names(MetricChoice(all=True))                       # the collector has nothing left to say


def test_the_collectors_own_change_between_the_looks(scrapes: list[str]) -> None:
    text = "# TYPE otelcol_sent counter\notelcol_sent {0}\n# TYPE otelcol_queue gauge\notelcol_queue {0}\n"
    scrapes.extend(text.format(total) for total in (5, 9))
    reader = MetricReader(ENDPOINTS, MetricChoice(("otelcol",)))
    assert [one["window"] for one in reader.look().series] == [None, None]
    sent, queue = (one["window"] for one in reader.look().series)
    assert (sent["increase"], sent["slots"]) == (4, [4])
    assert queue["slots"] == [9]
    assert "increase" not in queue


def test_for_a_whole_name_that_has_arrived_the_collector_is_not_asked(scrapes: list[str]) -> None:
    reader = MetricReader(ENDPOINTS, MetricChoice(("errors_total",)))
    assert (len(reader.look().series), reader.looked_at_collector) == (1, False)
    scrapes.append("otelcol_sent 1")
    reader = MetricReader(ENDPOINTS, MetricChoice(("e",)))
    assert (len(reader.look().series), reader.looked_at_collector) == (1, True)


def test_a_collector_that_does_not_answer_is_said_and_the_rest_is_shown(scrapes: list[str]) -> None:
    found = MetricReader(ENDPOINTS, MetricChoice(all=True)).look()
    assert len(found.series) == len(ARRIVED)
    assert "connection refused" in found.failed


def test_the_collectors_own_count_since_it_started(scrapes: list[str]) -> None:
    counter, gauge = ("# TYPE otelcol_sent counter\notelcol_sent 5\n", "# TYPE otelcol_queue gauge\notelcol_queue 1\n")
    scrapes.append(f"{counter}{gauge}otelcol_process_uptime 60\n")
    sent, queue = MetricReader(ENDPOINTS, MetricChoice(("otelcol_sent", "otelcol_queue"))).look().series
    assert sent["since"] == pytest.approx(sent["time"] - 60)
    assert "since" not in queue


def test_what_the_viewer_leaves_out_is_said_and_had_by_its_name(scrapes: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def get(url: str, timeout_s: float = 0.0) -> Answer:
        return viewers(url, ARRIVED) if "name=" in url else viewers(url, ARRIVED[1:], left_out=5)

    monkeypatch.setattr("labctl.viewer_client.client.get", get)
    found = MetricReader(ENDPOINTS, MetricChoice(all=True)).look()
    assert [one["name"] for one in found.series] == ARRIVED[1:]
    assert found.failed.startswith("5 series are left out")
    assert names(MetricChoice((ARRIVED[0],))) == [ARRIVED[0]]
    assert MetricReader(ENDPOINTS, MetricChoice()).look().failed == ""


def test_an_older_viewer_that_takes_one_name_alone_is_said(scrapes: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Answer("http://v", 200, b'{"series": []}', 0.0, 0)
    monkeypatch.setattr("labctl.viewer_client.client.get", lambda *_, **__: answer)
    with pytest.raises(LabError, match="older than this labctl") as raised:
        names(MetricChoice())
    assert raised.value.hint == "labctl up"
