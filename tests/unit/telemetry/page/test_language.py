"""The query language: its words and their places, what its terms find, what completes them, and queries that mean harm."""

import time
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from labctl.telemetry.http.messages import HTTPProblem
from labctl.telemetry.otlp.decode import decode
from labctl.telemetry.page import roots, search
from labctl.telemetry.page.language import vocabulary
from labctl.telemetry.page.language.completion import complete
from labctl.telemetry.page.language.unknown import unknown
from labctl.telemetry.page.language.vocabulary import Vocabulary, sampled
from labctl.telemetry.page.language.words import QueryProblem, quoted, words
from labctl.telemetry.store.store import Store

MS, BEGIN = 10**6, 1_700_000_000_000
VALUES: dict[str, AnyValue] = {
    "text": AnyValue(string_value="A b"), "number": AnyValue(int_value=7), "share": AnyValue(double_value=0.5),
    "flag": AnyValue(bool_value=True), "bytes": AnyValue(bytes_value=b"\xab\xcd"),
    "list": AnyValue(array_value=ArrayValue(values=[AnyValue(string_value="x"), AnyValue(string_value="y")])),
    "host.name": AnyValue(string_value="span-host"), "a=b": AnyValue(string_value="-odd"),
}


@pytest.fixture
def one(store: Store) -> Store:
    """A root with every kind of value, an event and a message, and its child without any."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    for key, text in {"service.name": "shop", "host.name": "node-1"}.items():
        group.resource.attributes.add(key=key, value=AnyValue(string_value=text))
    spans = group.scope_spans.add().spans
    root = spans.add(trace_id=b"t" * 16, span_id=b"r" * 8, name="POST /predict", kind=2, start_time_unix_nano=BEGIN * MS,
                     end_time_unix_nano=(BEGIN + 200) * MS)
    for key, value in VALUES.items():
        root.attributes.add(key=key, value=value)
    root.events.add(name="exception").attributes.add(key="exception.type", value=AnyValue(string_value="ValueError"))
    root.status.message, root.status.code = "it broke", Status.STATUS_CODE_ERROR
    spans.add(trace_id=b"t" * 16, span_id=b"c" * 8, parent_span_id=b"r" * 8, name="child", kind=1,
              start_time_unix_nano=BEGIN * MS, end_time_unix_nano=(BEGIN + 10) * MS)
    store.put(lambda: decode("traces", request.SerializeToString())).result(10)
    return store


def spans(store: Store, query: str) -> int:
    """As one query, and as several of which each has the resources that were looked up before."""
    once, often = (search.parsed(query, known) for known in (None, store))
    [found, same] = (store.read(f"SELECT count(*) FROM spans WHERE 1{one.sql}", one.values)[0][0] for one in (once, often))
    assert found == same
    return int(found)


@pytest.mark.parametrize(("query", "found"), [
    ("", 2), ("predict", 1), ("-predict", 1), ("root=child", 0), ("root~PRED", 1), ("-root~PRED", 0),
    ("name=child OR root~predict", 2), ("name=child kind=server", 0), ('name=child root!="POST /predict"', 0),
    ('root!="POST /predict"', 0), ("root!=other", 2), ("name=child root!=other", 1), ("-root=other", 2),
    ("name=child kind=internal OR status=error duration>150ms", 2), ("-duration>150ms", 1),
    ('text="A b"', 1), ("text='A b'", 1), ("text~a", 1), ("text=a", 0), ("text!=x", 1), ("-text=x", 2), ("absent!=x", 0),
    ("number=7", 1), ("number=7.0", 1), ("number>6", 1), ("number<7", 0), ("share<=0.5", 1), ("flag=true", 1), ("flag!=true", 0),
    ("bytes=abcd", 1), ("list=x", 1), ("list=z", 0), ("list~Y", 1), ('"a=b"=-odd', 1), ("number=seven", 0), ("text>a", 0),
    ("host.name=span-host", 1), ("host.name=node-1", 2), ("resource.host.name=node-1", 2), ("resource.host.name=span-host", 0),
    ("-resource.host.name=node-1", 0), ("service=shop", 2), ("event=exception", 1), ("event~EXC", 1), ("-event=exception", 1),
    ("event.exception.type=ValueError", 1), ("event.exception.type~value", 1), ("message~broke", 1), ('message="it broke"', 1),
    (f"trace={b't'.hex() * 16}", 2), (b"t".hex() * 16, 2), ("run=7474", 2), ("run=75", 0), ('"OR"', 0),
])
def test_terms_find_the_spans_of_which_they_hold(one: Store, query: str, found: int) -> None:
    assert spans(one, query) == found


@pytest.mark.parametrize(("query", "wrong"), [
    ("name=a duration>5 x", "duration>5"), ("status=fine", "status=fine"), ("-kind=spider", "-kind=spider"), ("ok OR", "OR"),
    ("OR ok", "OR"), ("a OR OR b", "OR"), ('name="open x', '"open x'), ("x >=5", ">=5"), ("run~12", "run~12"),
    ("é service<a", "service<a"), ("message>a", "message>a"),
    ("a http.response.status_code=>=2", "http.response.status_code=>=2"), ("name=~pre", "name=~pre"), ("a==b", "a==b"),
    ("x=!=3", "x=!=3"),
])
def test_a_mistake_is_shown_where_it_is(query: str, wrong: str) -> None:
    with pytest.raises(QueryProblem) as raised:
        search.parsed(query)
    assert query[raised.value.begin:raised.value.end] == wrong
    assert raised.value.members == {"begin": raised.value.begin, "end": raised.value.end}


@pytest.mark.parametrize("text", ["plain", "two words", 'a "quote"', "back\\slash", "it's", "-minus", "a=b", "",
                                  "\u202e<b>", "a!b"])
def test_what_is_quoted_is_read_as_it_was(text: str) -> None:
    [word] = words(quoted(text))
    assert (word.text, word.negated, word.operator) == (text, False, "")


@pytest.mark.parametrize("query", [
    "=" * 1000, '"' * 999, "\\" * 1000, "-" * 1000, "a=" * 500, "~" * 1000, "(" * 1000, "\x00=\x00", "a\u0000b=\ud7ff",
    "k=" + "9" * 900, "k>" + "1e999", "k=nan", "duration>" + "9" * 990 + "s", "run=" + "f" * 990, "a" * 999 + "~",
    "k~" + "(a+)+$" * 100,
    "OR " * 300, "x " * 500, "key=%s' OR 1=1 --", "service='; DROP TABLE spans; --",
])
def test_a_query_that_means_harm_takes_no_time_and_changes_nothing(one: Store, query: str) -> None:
    begun = time.process_time()
    with suppress(HTTPProblem):
        spans(one, query)
    complete(sampled(one), query, min(len(query), 500))
    assert time.process_time() - begun < 5              # it takes milliseconds: what is quadratic would take more
    assert spans(one, "") == 2


def test_requests_are_found_by_attributes_too_unless_there_are_too_many(one: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def count(query: str) -> Any:
        condition = search.of_roots(query, one, BEGIN, BEGIN + 1000)
        [column] = roots.heatmap(one, roots.Times(BEGIN, BEGIN + 1000, 1000), condition)["columns"]
        return column and column["count"]

    assert (count("number=7"), count("number=8"), count("resource.host.name=node-1")) == (1, None, 1)
    monkeypatch.setattr(search, "MOST_DECODED", 0)
    with pytest.raises(HTTPProblem, match="too many requests"):
        count("number=7")
    assert count("service=shop") == 1
    with pytest.raises(HTTPProblem, match="too many requests"):
        count("kind=server")


def test_resources_are_looked_up_once_for_all_columns(one: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    condition = search.of_roots("resource.host.name=node-1 service=shop", one, BEGIN, BEGIN + 9000)
    asked, read = list[str](), one.read
    monkeypatch.setattr(one, "read", lambda query, *values: asked.append(query) or read(query, *values))
    columns = roots.heatmap(one, roots.Times(BEGIN, BEGIN + 9000, 1000), condition)["columns"]
    assert [column and column["count"] for column in columns] == [1, *[None] * 8]
    assert len(asked) >= 9
    assert not any("resources" in query for query in asked)


def test_requests_are_hidden_by_the_name_of_their_root(one: Store) -> None:
    def count(query: str) -> int:
        condition = search.of_roots(query)
        [column] = roots.heatmap(one, roots.Times(BEGIN, BEGIN + 1000, 1000), condition)["columns"]
        return column["count"] if column else 0

    queries = 'root!="POST /predict"', "root!=other", "-root~predict", "-root=other", "root~predict"
    assert [count(query) for query in queries] == [0, 1, 0, 1, 1]


def test_a_trace_whose_root_has_not_arrived_is_not_told_by_it(one: Store) -> None:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"u" * 16, span_id=b"d" * 8, parent_span_id=b"x" * 8,
                                                             name="early", start_time_unix_nano=BEGIN * MS)
    one.put(lambda: decode("traces", request.SerializeToString())).result(10)
    assert (spans(one, "name=early root!=other"), spans(one, "name=early -root=other")) == (0, 1)


def offered(vocabulary: Vocabulary, query: str) -> list[str]:
    found = complete(vocabulary, query, len(query))
    return [query[:found["begin"]] + item["text"] for item in found["items"]]


def test_a_word_is_completed_by_fields_keys_and_values_of_what_is_stored(one: Store) -> None:
    known = sampled(one)
    assert offered(known, "")[:2] == ["service=", "name="]
    assert offered(known, "dur") == ["duration>"]
    assert offered(known, "service=") == ["service=shop "]
    assert offered(known, "x name=pre") == ['x name="POST /predict" ']
    assert offered(known, 'name="POST /p') == ['name="POST /predict" ']
    assert offered(known, "-num") == ["-number="]
    assert offered(known, "number=") == ["number=7 "]
    assert offered(known, "flag=t") == ["flag=true "]
    assert offered(known, "resource.h") == ["resource.host.name="]
    assert offered(known, "host.name=n") == ["host.name=node-1 ", "host.name=span-host "]
    assert offered(known, "event.") == ["event.exception.type="]
    assert offered(known, "predi") == ['name="POST /predict" ']
    assert offered(known, "status=e") == ["status=error "]
    assert offered(known, "a=") == []


def test_what_is_offered_means_what_it_says(one: Store) -> None:
    known = sampled(one)
    for key in known.attributes:
        for query in offered(known, f"{quoted(key)}="):
            assert spans(one, query) > 0, query


def test_a_vocabulary_is_bounded(store: Store) -> None:
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for number in range(1500):
        span = spans.add(trace_id=number.to_bytes(16, "big")[::-1], span_id=b"r" * 8, name=f"name {number}",
                         start_time_unix_nano=BEGIN * MS, end_time_unix_nano=BEGIN * MS)
        span.attributes.add(key=f"key {number}", value=AnyValue(string_value="v" * 500 if number % 2 else f"value {number}"))
        span.attributes.add(key="same", value=AnyValue(int_value=number))
    store.put(lambda: decode("traces", request.SerializeToString())).result(10)
    known = sampled(store)
    assert len(known.names) == 100
    assert len(known.attributes) <= 500
    assert len(known.attributes["same"]) == 100
    assert isinstance(known.services, Counter)
    assert len(complete(known, "", 0)["items"]) == 40


def test_a_key_that_no_span_has_is_told_with_the_one_that_is_spelled_like_it(one: Store) -> None:
    known = sampled(one)
    found = unknown(known, 'name=child durations>200ms "nmber"=7 event.exception.typ=x resource.host.name=y zzz~1 text=a')
    assert [(key["key"], key["nearest"]) for key in found["keys"]] == [
        ("durations", "duration"), ("nmber", "number"), ("event.exception.typ", "event.exception.type"), ("zzz", None)]
    assert (found["keys"][0]["begin"], found["keys"][0]["end"]) == (11, 26)
    assert (found["all"], found["spans"]) == (True, 2)


def test_a_sample_is_not_taken_for_all_spans(one: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "NEWEST", 1)
    assert unknown(sampled(one), "zzz=1")["all"] is False
