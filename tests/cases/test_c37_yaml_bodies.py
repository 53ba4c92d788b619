"""C37: bodies written in YAML are sent as they are written; a duplicate key is refused with its line."""

import json
from pathlib import Path

import pytest

from labctl.errors import UsageError
from labctl.load.plan import flag_readers, scenario


def body_of(tmp_path: Path, value: str) -> bytes:
    path = tmp_path / "run.yaml"
    path.write_text(f"requests:\n  - path: /predict\n    json: {value}\n", encoding="utf-8")
    (request,) = scenario.load(str(path)).pool or ()
    return request.body


@pytest.mark.parametrize(("written", "sent"), [
    ("{country: NO, at: 12:30, y: 1, a: 1}", {"country": "NO", "at": "12:30", "y": 1, "a": 1}),
    ("{on: off, yes: No, n: ~, e: , t: true, f: false}", {"on": "off", "yes": "No", "n": None, "e": None, "t": True, "f": False}),
    ("{i: 0x1f, o: 010, b: 0b1, s: 1_000, x: 1e3, d: 2020-01-01}", {
        "i": "0x1f", "o": "010", "b": "0b1", "s": "1_000", "x": 1000.0, "d": "2020-01-01",
    }),
    ("{nan: .nan, inf: -.inf, big: 12345678901234567890}", {"nan": ".nan", "inf": "-.inf", "big": 12345678901234567890}),
    ("[{a: 'true'}, \"1\", 1.50, null, []]", [{"a": "true"}, "1", 1.5, None, []]),
    ("{a: &x [1, 2], b: *x}", {"a": [1, 2], "b": [1, 2]}),
])
def test_values_are_what_is_written(tmp_path: Path, written: str, sent: object) -> None:
    assert json.loads(body_of(tmp_path, written)) == sent


def test_a_number_keeps_its_digits(tmp_path: Path) -> None:
    assert body_of(tmp_path, "{price: 1.10, id: 12345678901234567890.0}") == b'{"price": 1.10, "id": 12345678901234567890.0}'


def test_a_key_that_is_there_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"run\.yaml, line 5: requests\[1\]\.json\.a: duplicate key"):
        body_of(tmp_path, "\n      a: 1\n      a: 2")


def test_a_body_on_the_command_line_is_sent_byte_by_byte() -> None:
    assert flag_readers.body("{country: NO, at: 12:30, a: 1, a: 2}") == b"{country: NO, at: 12:30, a: 1, a: 2}"
