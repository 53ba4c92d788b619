"""Whatever is wrong in a file becomes one line with the file, the line or field, and what is right."""

import os
from pathlib import Path
from typing import Any

import pytest

from labctl.errors import LabError, Refused, UsageError
from labctl.host import documents
from labctl.host.documents import Node, parse_json, parse_yaml


def only(text: str) -> Node:
    [document] = parse_yaml(text, "f.yaml")
    return document


@pytest.mark.parametrize(("content", "said"), [
    ("größe".encode("latin-1"), "line 1: byte 0xf6 is not UTF-8"), ("a=1".encode("utf-16"), "UTF-16"),
    ("a".encode("utf-32"), "UTF-32"),
    (b"a\nb\0", "line 2: a NUL byte"), (b"x" * 101, "larger than 100 bytes"),
])
def test_what_is_not_text_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(UsageError) as error:
        documents.read_text(path, limit=100, error=UsageError)
    assert str(path) in error.value.message
    assert said in error.value.message


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a", encoding="utf-8-sig")
    assert documents.read_text(tmp_path / "file") == "a"


def test_what_is_no_file_is_named_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "folder").mkdir()
    said = {}
    for name in ("fifo", "loop", "dangling", "folder", "missing", "missing/below", "nul\0"):
        with pytest.raises(Refused) as error:
            documents.read_bytes(tmp_path / name)
        said[name] = error.value.message.removeprefix(f"{tmp_path / name}: ")
    assert said == {
        "fifo": "expected a file, found a named pipe", "loop": "too many levels of symbolic links",
        "dangling": "a dangling symbolic link", "folder": "expected a file, found a folder",
        "missing": "there is no such file", "missing/below": "there is no such file",
        "nul\0": "a path cannot contain a NUL character",
    }


def test_a_file_that_may_not_be_read_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(Refused, match="file: permission denied"):
        documents.read_bytes(Path("file"))


@pytest.mark.parametrize("text", [
    "a: [", "a: 1\na: 2", "? [1]\n: 2", "a: &a [*a]", "a: !!binary aGk=", "a: .inf", "a: !!timestamp 2024-99-99", "a: !nobody x",
    "[" * 5000, "a: \x01", "a: " + "9" * 5000, "- &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"- &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 10)}]\n" for n in range(9)),
])
def test_what_is_no_yaml_is_one_line(text: str) -> None:
    with pytest.raises(Refused, match=r"f\.yaml") as error:
        parse_yaml(text, "f.yaml")
    assert "\n" not in error.value.message


def test_a_yaml_error_has_its_line_and_column() -> None:
    with pytest.raises(Refused, match=r"f.yaml, line 3, column 1: this is not YAML: duplicate key b"):
        parse_yaml("a: 1\nb: 2\nb: 3\n", "f.yaml")


def test_yaml_scalars_are_what_kubectl_makes_of_them() -> None:
    values = only("[yes, null, ~, 12:30, 2024-01-01, 0x10, 010, 1_000, 1e3, -1.5, '7', 08x, {a: &x {b: 1}, <<: *x, c: 2}]").value
    assert values == [True, None, None, "12:30", "2024-01-01", 16, 8, 1000, 1000.0, -1.5, "7", "08x",
                      {"a": {"b": 1}, "b": 1, "c": 2}]


def test_empty_documents_are_left_out() -> None:
    assert [node.value for node in parse_yaml("---\n# nothing\n---\na: 1\n---\n", "f")] == [{"a": 1}]
    assert parse_yaml("", "f") == []


@pytest.mark.parametrize("content", [b"", b" ", b"{", b"NaN", b"[1e999x]", b"\xff", b"[" * 100_000,
                                     b'{"a": Infinity}', b"9" * 5000])
def test_what_is_no_json_is_one_line(content: bytes) -> None:
    with pytest.raises(LabError, match=r"http://x") as error:
        parse_json(content, "http://x", LabError)
    assert type(error.value) is LabError
    assert "\n" not in error.value.message


def test_absent_and_null_are_the_same_at_every_level() -> None:
    document = only("spec: null\nlist: null")
    assert document.field("spec").field("template").field("x").items() == []
    assert document.field("list").items() == []
    assert document.field("nothing").fields() == {}
    assert document.field("spec").text("default") == "default"
    assert list(document.fields()) == []


@pytest.mark.parametrize(("read", "said"), [
    (lambda d: d.field("a").field("b").text(), "f.yaml: a.b: expected text, found an integer (3)"),
    (lambda d: d.field("a").field("b").field("c"), "f.yaml: a.b: expected a mapping, found an integer (3)"),
    (lambda d: d.field("a").items(), "f.yaml: a: expected a list, found a mapping"),
    (lambda d: d.field("l").items()[1].integer(), "f.yaml: l[1]: expected an integer, found text ('x')"),
    (lambda d: d.field("t").integer(), "f.yaml: t: expected an integer, found true or false (True)"),
    (lambda d: d.field("a").field("no").text(), "f.yaml: a.no: expected text, found nothing"),
    (lambda d: d.field("l").fields(), "f.yaml: l: expected a mapping, found a list"),
])
def test_a_wrong_field_names_file_field_and_what_is_expected(read: Any, said: str) -> None:
    with pytest.raises(Refused) as error:
        read(only("a: {b: 3}\nl: [1, x]\nt: true"))
    assert error.value.message == said


def test_values_have_their_types() -> None:
    document = only("{t: x, i: 3, f: 1.5, b: false, l: [a]}")
    fields = document.fields()
    assert (fields["t"].text(), fields["i"].integer(), fields["i"].number(), fields["f"].number(), fields["b"].boolean(True)) == (
        "x", 3, 3.0, 1.5, False)
    assert [item.text() for item in document.field("l").items()] == ["a"]


def test_dotenv(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n# note\nexport B='x y'\nC=$A\nD=\nE\n")
    assert documents.read_dotenv(path) == {"A": "1", "B": "x y", "C": "$A", "D": ""}
    path.write_text("A=1\nB='x\nC\n")
    with pytest.raises(UsageError, match=r"line 2: expected NAME=VALUE: B='x"):
        documents.read_dotenv(path)
