"""Copies of the project, to be changed or broken."""

import shutil
from pathlib import Path

from tests.driver import ROOT


def copy_of_the_project(folder: Path) -> Path:
    for name in ("service", "manifests", "labctl"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Dockerfile", ".dockerignore", "kind-mcp-cluster.yaml", ".env.example"):
        shutil.copy(ROOT / name, folder / name)
    return folder
