"""What is typed behind flags, and what is said of what makes no sense."""

from pathlib import Path
from typing import Any

import pytest

from labctl.errors import UsageError
from labctl.load.plan.flag_readers import body, headers, offsets, pool, ramp, seconds, stages
from labctl.load.plan.stages import Stage


def test_a_ramp_and_stages() -> None:
    assert ramp("10:100:30s") == [Stage(30.0, 10.0, 100.0)]
    assert stages("30s:100, 1m:100,0s:5", 0.0) == [
        Stage(30.0, 0.0, 100.0), Stage(60.0, 100.0, 100.0), Stage(0.0, 100.0, 5.0),
    ]
    assert stages("1:5", 2.0) == [Stage(1.0, 2.0, 5.0)]


def test_headers_have_lower_case_names_and_those_of_one_name_are_a_list() -> None:
    assert headers(["Accept: text/html", "X-A:b: c", "x-a: d"]) == {"accept": "text/html", "x-a": "b: c, d"}
    assert headers(["cookie: a=1", "Cookie: b=2"]) == {"cookie": "a=1; b=2"}
    assert headers([]) is None


def test_a_body_is_what_is_typed_or_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(b"\x00\xff")
    assert (body(None), body(""), body("ä"), body(f"@{tmp_path / 'body'}")) == (
        None, b"", "ä".encode(), b"\x00\xff",
    )


@pytest.mark.parametrize(("content", "found"), [
    ("0\n0.5\n\n0.5\n2\n", [0.0, 0.5, 0.5, 2.0]), ("offset\n1\n2\n", [1.0, 2.0]), ("id,offset_s\na,1\nb,2.5\n", [1.0, 2.5]),
    ("when,what\r\n1,a\r\n", [1.0]), ("1e-3,x", [0.001]),
])
def test_offsets_come_from_their_column(content: str, found: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(content)
    assert offsets(tmp_path / "a.csv") == found


@pytest.mark.parametrize(("content", "complaint"), [
    (b"", "the file has no offsets"), (b"offset\n", "the file has no offsets"), (b"1\n0.5\n", "line 2: 0.5 is before"),
    (b"-1\n", "line 1: -1 is before"), (b"1\nx\n", "line 2: 'x' is not a number"), (b"1\nnan\n", "line 2: 'nan' is not a number"),
    (b"a,offset\n1\n", "line 2: '' is not a number"),
    (b"9e99\n", "line 1: 9e99 is"), (b"\xff\xfe1\n", "is not a CSV file"),
])
def test_offsets_that_make_no_sense_are_named_by_line(content: bytes, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(UsageError, match=complaint):
        offsets(tmp_path / "a.csv")


@pytest.mark.parametrize(("reader", "flag"), [
    (lambda: ramp("10:100"), "--ramp 10:100"), (lambda: ramp("a:b:c"), "--ramp a:b:c"),
    (lambda: ramp("1:2:0s"), "--ramp 1:2:0s"), (lambda: ramp("-1:2:1s"), "--ramp -1:2:1s"),
    (lambda: ramp("1:1e9:1s"), "--ramp 1:1e9:1s"), (lambda: stages("", 0.0), "--stages "),
    (lambda: stages("5s", 0.0), "--stages 5s"), (lambda: stages("0s:5", 0.0), "--stages 0s:5"),
    (lambda: stages("5s:nan", 0.0), "--stages 5s:nan"), (lambda: headers(["a"]), "--header a"),
    (lambda: headers(["a b: c"]), "--header a b: c"), (lambda: headers(["a: b\r\nc: d"]), "--header a: b"),
    (lambda: seconds("--timeout", "0"), "--timeout 0"), (lambda: seconds("--duration", "x"), "--duration x"),
    (lambda: seconds("--duration", "9" * 400), "--duration 999"), (lambda: body("@/none"), "--body @/none"),
    (lambda: offsets(Path("/none")), "--replay /none"),
])
def test_what_makes_no_sense_is_named_with_its_flag(reader: Any, flag: str) -> None:
    with pytest.raises(UsageError) as error:
        reader()
    assert error.value.message.startswith(flag)


def test_a_body_file_is_a_pool(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("1\n2\n")
    requests = pool(tmp_path / "a.jsonl", "PUT", {"a": "b"})
    assert [(one.name, one.method, one.body, one.headers) for one in requests] == [
        ("a.jsonl", "PUT", b"1", {"a": "b"}), ("a.jsonl", "PUT", b"2", {"a": "b"}),
    ]
