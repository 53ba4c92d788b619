"""C63: Go's soft memory limit in the collector follows the container's limit, and stays below it."""

import math
import re
from typing import Any

import pytest
import yaml

from tests.driver import ROOT

UNITS = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}


def collector() -> dict[str, Any]:
    deployment = next(yaml.safe_load_all((ROOT / "manifests" / "collector-deployment.yaml").read_text()))
    container: dict[str, Any] = deployment["spec"]["template"]["spec"]["containers"][0]
    return container


def environment(container: dict[str, Any]) -> dict[str, str]:
    """As the kubelet makes it: a resource in units of the divisor, rounded up; $(NAME) stands for a variable that came before."""
    found: dict[str, str] = {}
    for entry in container["env"]:
        reference = entry.get("valueFrom", {}).get("resourceFieldRef")
        if reference:
            limit = container["resources"]["limits"][reference["resource"].removeprefix("limits.")]
            found[entry["name"]] = str(math.ceil(in_bytes(limit) / in_bytes(reference["divisor"])))
        else:
            found[entry["name"]] = re.sub(r"\$\((\w+)\)", lambda match: found[match[1]], entry["value"])
    return found


def in_bytes(text: str) -> int:
    return int(text[:-2]) * UNITS[text[-2:]]


@pytest.mark.parametrize("limit", ["256Mi", "512Mi", "1Gi", "300Mi"])
def test_it_follows_the_limit_and_leaves_room(limit: str) -> None:
    container = collector()
    container["resources"]["limits"]["memory"] = limit
    assert 0.9 < int(environment(container)["GOMEMLIMIT"]) / in_bytes(limit) < 0.96
