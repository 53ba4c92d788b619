"""Which module may import a library, where import-linter cannot see it: parts of an external package."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SDK = ("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.instrumentation")


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_in_the_service_only_the_distro_and_its_exporters_know_the_sdk() -> None:
    inside = [path for path in (ROOT / "service").rglob("*.py") if path.name not in {"distro.py", "exporters.py"}]
    assert len(inside) > 5
    for path in inside:
        assert not [name for name in imports(path) if name.startswith(SDK)], path


def test_the_distro_does_know_it() -> None:
    known = imports(ROOT / "service" / "distro.py")
    assert any(name.startswith(SDK) for name in known)


def test_the_distro_is_settings_and_little_code() -> None:
    assert len((ROOT / "service" / "distro.py").read_text().splitlines()) <= 150
