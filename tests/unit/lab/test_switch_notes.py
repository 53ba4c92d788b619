"""How a switch ends that a variable turns on, and which switch has no effect."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from labctl.config import load
from labctl.lab.explain import switch_notes
from labctl.targets.local.settings.switched import without_effect

EVERYWHERE: Any = SimpleNamespace(without_effect=lambda _: {})
LOCAL: Any = SimpleNamespace(without_effect=without_effect)


@pytest.mark.parametrize(("flags", "environ", "on", "notes"), [
    ({}, {}, {"sampling": "10%"}, {}),
    ({}, {"LABCTL_SAMPLING": "10%"}, {"sampling": "10%"}, {"sampling": "until LABCTL_SAMPLING in the environment says off"}),
    ({"LABCTL_SAMPLING": "off"}, {"LABCTL_SAMPLING": "10%"}, {},
     {"sampling": "until the next up: LABCTL_SAMPLING in the environment says 10%"}),
    ({"LABCTL_SAMPLING": "20%"}, {"LABCTL_SAMPLING": "off"}, {"sampling": "20%"},
     {"sampling": "until the next up: LABCTL_SAMPLING in the environment says off"}),
    ({}, {"LABCTL_SAMPLING": "off"}, {}, {}),
    ({}, {"LABCTL_EXPORT": "jaeger", "LABCTL_EXPORT_HEADERS": "/h"}, {"export": "jaeger", "export-headers": "jaeger=/h"},
     {"export": "until LABCTL_EXPORT in the environment says off",
      "export-headers": "until LABCTL_EXPORT_HEADERS in the environment says off"}),
])
def test_a_variable_is_named(
    tmp_path: Path, flags: dict[str, str | None], environ: dict[str, str], on: dict[str, str], notes: dict[str, str],
) -> None:
    assert switch_notes(load(flags, environ, tmp_path), EVERYWHERE, on) == notes


def test_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LABCTL_REDACT=on\n")
    found = switch_notes(load({}, {}, tmp_path), EVERYWHERE, {"redact": "on"})
    assert found == {"redact": f"until LABCTL_REDACT in {tmp_path / '.env'} says off"}


def test_what_has_no_effect_says_why(tmp_path: Path) -> None:
    on = {"allow-from": "monitoring", "tls": "on"}
    assert switch_notes(load({}, {}, tmp_path), LOCAL, on) == {
        "allow-from": "which has no effect: plain processes have no NetworkPolicies",
    }
