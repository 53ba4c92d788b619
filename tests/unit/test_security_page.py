"""SECURITY.md promises nothing without a test, and what is installed is what was locked."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
LOCKS = [path for folder in (".", "service", "tests/scan") for path in sorted((ROOT / folder).glob("*.lock"))]


def test_every_threat_has_a_test() -> None:
    table = PAGE.partition("## Threats")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][2:]
    assert len(rows) >= 12
    assert [row for row in rows if "::" not in row] == []


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_the_test_exists(file: str, name: str) -> None:
    functions = {node.name for node in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(node, ast.FunctionDef)}
    assert name in functions


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_locked_package_has_its_hashes_and_no_index_is_named(lock: Path) -> None:
    text = lock.read_text()
    packages = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(packages) > 10
    assert [one.splitlines()[0] for one in packages if "--hash=sha256:" not in one] == []
    assert not re.search(r"://|--(extra-)?index-url|--find-links", text)


def test_nothing_is_installed_without_hashes() -> None:
    """Of what a lock file names; the project itself has none."""
    for name in ("Makefile", "Dockerfile"):
        commands = re.sub(r"\\\n\s*", "", (ROOT / name).read_text()).splitlines()
        installing = [line for line in commands if re.search(r"\bpip\b.*\binstall\b", line) and " -e ." not in line]
        assert installing
        assert [line for line in installing if "--require-hashes" not in line] == []
