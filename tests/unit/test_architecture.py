"""The picture in docs/architecture.md is what the code does, and no folder has lost its shape."""

import ast
import re
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
MOST_MODULES = 15
# what everything may use is left out of the picture, which says so
LEFT_OUT = (
    "labctl.telemetry.trace", "labctl.telemetry.span_tree", "labctl.telemetry.comparison", "labctl.telemetry.statistics",
    "labctl.telemetry.archive_names", "labctl.telemetry.hops.exporters", "labctl.telemetry.hops.prometheus_text",
)


def drawn() -> set[tuple[str, str]]:
    return set(re.findall(r"^  (\w+) --> (\w+)$", PAGE, re.MULTILINE))


def folders() -> set[str]:
    return {path.parent.name for path in (ROOT / "labctl").glob("*/__init__.py")}


def imported() -> set[tuple[str, str]]:
    graph = grimp.build_graph("labctl")
    pairs = (
        (importer, target) for importer in graph.modules for target in graph.find_modules_directly_imported_by(importer)
        if not target.startswith(LEFT_OUT)
    )
    rooms = {tuple(name.split(".")[1] if "." in name else "" for name in pair) for pair in pairs}
    return {(a, b) for a, b in rooms if a != b and {a, b} <= folders()}


def test_every_folder_is_in_the_picture() -> None:
    assert set(re.findall(r'^  (\w+)\["<b>(?:\1)</b>', PAGE, re.MULTILINE)) == folders()


def test_the_arrows_are_the_imports() -> None:
    assert drawn() == imported()


def test_no_folder_has_too_many_modules() -> None:
    counts = {path.parent: len(list(path.parent.glob("*.py"))) for path in (ROOT / "labctl").rglob("*.py")}
    assert {folder: number for folder, number in counts.items() if number > MOST_MODULES} == {}


def test_the_files_that_the_page_names_exist() -> None:
    for name in re.findall(r"`((?:[\w-]+/)*[\w-]+\.(?:py|md|yaml))`", PAGE):
        assert any((folder / name).is_file() for folder in (ROOT, ROOT / "labctl")), name


def test_two_classes_do_not_share_a_name() -> None:
    """One word per thing and one thing per word; labctl and the service are strangers, and each has words of its own."""
    for package in ("labctl", "service"):
        seen: dict[str, Path] = {}
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    assert node.name not in seen, f"{node.name} is in {path} and in {seen[node.name]}"
                    seen[node.name] = path
