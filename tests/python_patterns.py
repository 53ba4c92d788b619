"""The patterns of manifests/switches/redact in Python's syntax. `python -m tests.python_patterns` writes them for the service."""

import json
import re
from pathlib import Path
from typing import Any, Final

import yaml

from tests.driver import ROOT

FILE: Final = ROOT / "service" / "secret_patterns.json"
_RE2_TO_PYTHON: Final = {
    r"[\pL\d._%+'\\-]": r"[\w.%+'\\-]", r"[\pL\d\\-]": r"[\w\\-]", r"[\pL\d-]": r"[\w-]", r"\pL": r"[^\W\d_]",
    r"\z": r"\Z",
    # RE2's time is linear; Python tries every length anew from every place
    r"\\+": r"\\{1,16}",         # four levels of JSON in JSON have 15
    r"\b[\w.%+'\\-]+": r"\b[\w.%+'\\-]{1,64}", r"\b\w[\w.-]*": r"\b\w[\w.-]{0,64}", r"\b\w[\w.+-]*": r"\b\w[\w.+-]{0,64}",
}


def patterns(overlay: Path = ROOT / "manifests/switches/redact/collector.yaml") -> dict[str, Any]:
    processors = yaml.safe_load(overlay.read_text())["processors"]
    read = [one for name, one in processors.items() if name.startswith("redaction/")]
    values = [text for one in read for text in one.get("blocked_values", []) if "${env:" not in text]
    card = next(text for text in values if "35(?:2[89]" in text)
    return {
        "names": [_python(text) for text in processors["redaction/names"]["blocked_key_patterns"]],
        "texts": [_python(text) for text in values if text != card],
        "card": _python(card),
    }


def _python(pattern: str) -> str:
    for re2, python in _RE2_TO_PYTHON.items():
        pattern = pattern.replace(re2, python)
    return re.sub(r"\\x\{([0-9a-f]+)\}", lambda match: f"\\U{match[1]:0>8}", pattern)


if __name__ == "__main__":
    FILE.write_text(json.dumps(patterns(), indent=1) + "\n")
