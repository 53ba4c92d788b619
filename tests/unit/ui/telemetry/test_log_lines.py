import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from labctl.model import LogLine
from labctl.ui.telemetry.log_lines import brief, plain, render


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The clock on the screen is local; a picture of it needs a fixed place."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def shown(component: Any, text: Any, at: Any = None) -> Any:
    return render(LogLine(component, at, text)).plain


def test_json_becomes_time_level_message_and_pairs() -> None:
    text = json.dumps({"trace_id": "abc", "time": "2026-11-23T14:00:02.913Z", "level": "warning", "message": "slow", "ms": 402.0})

    assert shown("service", text) == "service   │ 14:00:02.913 WARNING slow ms=402.0 trace_id=abc"


def test_a_value_with_spaces_is_quoted() -> None:
    assert shown("service", '{"msg": "m", "why": "two words", "ok": true}') == 'service   │ m why="two words" ok=true'


def test_a_line_without_its_own_time_has_that_of_its_arrival() -> None:
    assert shown("service", '{"message": "m"}', at=1795442401.5) == "service   │ 14:00:01.500 m"


@pytest.mark.parametrize("text", [
    "plain words", "{broken", "[1, 2]", '"text"', "{}", "", "[" * 10_000,
    '{"a":' * 10_000, '{"time": "yesterday", "n": 1e999}',
])
def test_no_line_is_refused(text: str) -> None:
    assert shown("viewer", text).startswith("viewer    │ ")


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in shown("collector", "a\x1b]0;title\x07b")
    assert "\x1b" not in shown("service", json.dumps({"message": "\x1b[2J", "key\x1b": "\x1b"}))


def test_components_have_colours_of_their_own() -> None:
    names = ("service", "collector", "viewer")
    colours = {render(LogLine(name, None, "x")).spans[0].style for name in names}

    assert len(colours) == 3


def test_a_piped_line_is_the_line() -> None:
    line = LogLine("service", 1.0, '{"message":  "as it came"}')

    assert plain(line, prefix=False) == line.text
    assert plain(line, prefix=True) == f"service | {line.text}"


def test_a_collectors_line_is_shown_without_what_all_of_them_repeat() -> None:
    line = (
        '2026-01-01T00:00:00.000Z\tinfo\tTraces\t{"resource": {"service.name": "otelcol"}, "otelcol.component.id": "debug",'
        ' "otelcol.component.kind": "exporter", "otelcol.signal": "traces", "resource spans": 1, "spans": 20}'
    )
    assert brief(line) == '2026-01-01T00:00:00.000Z\tinfo\tTraces\t{"resource spans": 1, "spans": 20}'
