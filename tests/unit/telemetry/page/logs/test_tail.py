"""Log records for the page: by severity in words and numbers, up to a time, those that have arrived since, and one whole."""

from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import SeverityNumber

from labctl.telemetry.http.messages import HTTPProblem
from labctl.telemetry.otlp.decode import decode
from labctl.telemetry.page.backwards import RowsWanted
from labctl.telemetry.page.logs import earlier
from labctl.telemetry.page.logs import tail as log_tail
from labctl.telemetry.store.store import Store
from tests.unit.telemetry import requests

BEGIN = 1_700_000_000
WHOLE = RowsWanted(200)


def send(store: Store, *records: tuple[str, str, int], at: int | None = None) -> None:
    """Body, severity as text, and as a number; one each second, `at` so many seconds or after the last ones."""
    request = ExportLogsServiceRequest()
    found = request.resource_logs.add(resource=requests.resource()).scope_logs.add().log_records
    [(before,)] = store.read("SELECT count(*) FROM logs")
    for place, (body, text, number) in enumerate(records, before if at is None else at):
        record = found.add(time_unix_nano=(BEGIN + place) * 10**9, severity_text=text, body=AnyValue(string_value=body),
                           severity_number=SeverityNumber.ValueType(number), trace_id=b"t" * 16, span_id=b"s" * 8)
        record.attributes.add(key="order", value=AnyValue(int_value=place))
        record.attributes.add(key="long", value=AnyValue(string_value="x" * (100_000 if len(records) < 10 else 1)))
    store.put(lambda: decode("logs", request.SerializeToString())).result(10)


def tail(store: Store, part: RowsWanted = WHOLE, **asked: str) -> dict[str, Any]:
    return log_tail.tail(store, log_tail.condition(asked), part)


def up_to(store: Store, until_s: int, before: str | None = None, limit: int = 200, **asked: str) -> dict[str, Any]:
    until_ms = (BEGIN + until_s) * 1000
    return log_tail.up_to(store, log_tail.condition({**asked, "until": str(until_ms)}), until_ms, limit, before)


def bodies(found: dict[str, Any]) -> list[str]:
    return [one["body"] for one in found["logs"]]


def test_a_severity_is_told_by_its_text_or_else_by_its_number(store: Store) -> None:
    send(store, ("a", "", 9), ("b", "", 17), ("c", "INFO", 17), ("d", "", 0), ("e", "Warning", 0), ("f", "", 24))
    assert [one["severity"] for one in tail(store)["logs"]] == ["FATAL", "Warning", "", "INFO", "ERROR", "INFO"]
    assert bodies(tail(store, level="error")) == ["f", "b"]
    assert bodies(tail(store, level="warn")) == ["f", "e", "b"]
    assert bodies(tail(store, level="info")) == ["f", "e", "c", "b", "a"]


def test_a_severity_whose_text_is_not_known_is_told_by_its_number(store: Store) -> None:
    send(store, ("a", "INFO2", 10), ("b", "SEVERE", 17), ("c", "Err", 0), ("d", "CRIT", 0), ("e", "custom", 18), ("f", "odd", 0),
         ("g", "WARN3", 0))
    assert bodies(tail(store, level="error")) == ["e", "d", "c", "b"]
    assert bodies(tail(store, level="fatal")) == ["d"]
    assert bodies(tail(store, level="warn")) == ["g", "e", "d", "c", "b"]
    assert bodies(tail(store, level="trace")) == ["g", "e", "d", "c", "b", "a"]


def test_up_to_a_time_and_what_has_arrived_since(store: Store) -> None:
    send(store, *((str(number), "INFO", 9) for number in range(100)))
    found = up_to(store, 40, limit=3)
    assert (bodies(found), found["searched"], found["left"]) == (["40", "39", "38"], 3, 38)
    assert bodies(up_to(store, 40, found["before"], 2)) == ["37", "36"]
    assert bodies(up_to(store, -1)) == []
    send(store, ("new", "INFO", 9))
    assert bodies(tail(store, RowsWanted(200, after=found["newest"]))) == ["new"]


def test_up_to_a_time_is_what_happened_before_it_whenever_it_arrived(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier, "SLICE", 7)
    monkeypatch.setattr(earlier, "MOST_S", 60.0)        # a busy machine would end its search
    send(store, *((f"now {number}", "INFO", 9) for number in range(600)))
    send(store, *((f"loaded {number}", "INFO", 9) for number in range(10)), at=-100)            # of a file, from before
    found, before, listed = up_to(store, 599, limit=20), None, list[str]()
    assert bodies(found)[0] == "now 599"
    while found["before"]:
        listed += bodies(found)
        before = found["before"]
        found = up_to(store, 599, before, limit=20)
    listed += bodies(found)
    assert listed == [f"{when} {number}" for when, count in (("now", 600), ("loaded", 10)) for number in reversed(range(count))]
    assert bodies(up_to(store, -95, text="loaded"))[0] == "loaded 5"
    assert bodies(up_to(store, 599, text="LOADED 3")) == ["loaded 3"]
    assert [one["body"] for one in up_to(store, 10_000, limit=1)["logs"]] == ["now 599"]


@pytest.mark.parametrize("cursor", ["", "5", "1.2", "x.y.z", "1.2.-3", "٣.1.1"])
def test_a_cursor_that_no_answer_had_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(HTTPProblem, match="cursor"):
        up_to(store, 5, cursor)
    assert bodies(up_to(store, 5, "9999999999999999999.9999999999999999999.1")) == []


def test_one_record_has_all_that_was_sent_with_it(store: Store) -> None:
    send(store, ("it broke", "ERROR", 17))
    [one] = tail(store)["logs"]
    found = log_tail.record(store, one["row"])
    assert (found["body"], found["number"], found["time"], found["observed"]) == ("it broke", 17, BEGIN, None)
    assert found["attributes"]["order"] == 0
    assert found["attributes"]["long"]["characters"] == 100_000
    assert found["resource"] == {"service.name": "svc", "service.instance.id": "1"}
    assert (found["trace_id"], found["span_id"]) == (b"t".hex() * 16, b"s".hex() * 8)
    with pytest.raises(HTTPProblem, match="no such log record"):
        log_tail.record(store, one["row"] + 1)


def test_of_one_span_alone(store: Store) -> None:
    send(store, ("a", "INFO", 9))
    assert bodies(tail(store, trace_id=(b"t" * 16).hex(), span_id=(b"s" * 8).hex())) == ["a"]
    assert bodies(tail(store, trace_id=(b"t" * 16).hex(), span_id=(b"x" * 8).hex())) == []
    with pytest.raises(HTTPProblem, match="span_id"):
        tail(store, span_id="xyz")
