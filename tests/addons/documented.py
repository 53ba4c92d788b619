"""What docs/autoscaling.md says to put into files."""

import re
from typing import Any

import yaml

from tests.driver import ROOT


def documented() -> list[Any]:
    """The adapter's rule, and the measures of the autoscaler."""
    text = (ROOT / "docs" / "autoscaling.md").read_text()
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]
