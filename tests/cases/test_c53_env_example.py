"""C53: `cp .env.example .env` changes nothing: its DRAIN_MS=0 won over the 3000 of the manifest, and rollouts failed requests."""

import json
import shutil
from pathlib import Path
from typing import Any

import yaml
from dotenv import dotenv_values

from service import settings
from tests.cases.surroundings import labctl
from tests.driver import ROOT


def test_the_example_sets_nothing() -> None:
    assert dotenv_values(ROOT / ".env.example") == {}


def test_no_value_comes_from_a_copy_of_it(tmp_path: Path) -> None:
    for name in ("manifests", "service"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "kind-mcp-cluster.yaml", tmp_path)
    without = chosen(tmp_path)
    shutil.copy(ROOT / ".env.example", tmp_path / ".env")
    assert chosen(tmp_path) == without


def chosen(folder: Path) -> Any:
    shown = labctl("config", "-o", "json", env={"LABCTL_LAB": None, "LABCTL_TARGET": None}, cwd=folder)
    return json.loads(shown.stdout)["settings"]


def test_the_manifest_lets_the_service_drain() -> None:
    deployment = yaml.safe_load((ROOT / "manifests" / "deployment.yaml").read_text())
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    given = {item["name"]: item["value"] for item in container["env"] if "value" in item}
    assert settings.load(given).drain_s >= 2
