"""Whatever an error prints behind `try:` is a line that can be pasted: a command, and nothing but it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from labctl.errors import again

_SOURCES = Path(__file__).parents[2] / "labctl"
_PROGRAMS = (
    "labctl", "docker", "kind", "kubectl", "chmod", "rm", "mkdir", "export", "unset", "cd", "kill", "mount", "ulimit", "pip",
    "make", "openssl", "sleep", "sudo",
)
_COMMAND = re.compile(rf"(({'|'.join(_PROGRAMS)})\b|\$\{{EDITOR:-vi\}} |\{{).*")
_PROSE = re.compile(r"[,;:] or\b|\bor:|\?$|…|, as ")
_ERRORS = {"LabError", "UsageError", "Refused", "NotReady", "Missed", "Locked", "EngineError", "Unreachable"}


def hints() -> Iterator[tuple[str, str]]:
    """Each text that is written out as a `hint`, by its place; a part that is worked out is `{}`."""
    for path in sorted(_SOURCES.rglob("*.py")):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id in _ERRORS:
                for keyword in call.keywords:
                    if keyword.arg == "hint":
                        for text in texts(keyword.value):
                            yield f"{path.relative_to(_SOURCES)}:{call.lineno}", text


def texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
    elif isinstance(node, ast.IfExp):
        yield from (*texts(node.body), *texts(node.orelse))
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from texts(value)


def test_every_hint_is_a_command() -> None:
    found = list(hints())
    assert len(found) > 50              # or the search is wrong
    lines = [(place, line) for place, text in found for line in text.splitlines()]
    assert [f"{place}: {line}" for place, line in lines if not _COMMAND.match(line) or _PROSE.search(line)] == []


@pytest.mark.parametrize(("typed", "wrong", "right", "line"), [
    ("up --set SLOW_SPAM=off", "SLOW_SPAM", "SLOW_SPAN", "labctl up --set SLOW_SPAN=off"),
    ("up --lab x --set A=1", "", "", "labctl up --set A=1"),
    ("metrics --lab=x request", "request", "requests_total", "labctl metrics requests_total"),
])
def test_a_line_is_repeated_with_a_part_corrected(
    monkeypatch: pytest.MonkeyPatch, typed: str, wrong: str, right: str, line: str,
) -> None:
    monkeypatch.setattr("sys.argv", ["/usr/bin/labctl", *typed.split()])
    assert again(wrong, right) == line
