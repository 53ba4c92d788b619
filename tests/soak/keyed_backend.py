"""A backend that takes nothing without a key: a second collector, whose OTLP receiver asks for a bearer token."""

import json
from pathlib import Path
from typing import Any

KEY = "planted-export-key-71c3f0"
HEADERS = f"# what the backend asks for\nAuthorization: Bearer {KEY}\n"


def config(listen: str, *, file: str = "", key: str = KEY) -> dict[str, Any]:
    """Of the collector. What it takes it writes to `file`, or in full to its log."""
    exporter = {"file": {"path": file, "flush_interval": "100ms"}} if file else {"debug": {"verbosity": "detailed"}}
    auth = {"authenticator": "bearertokenauth"}
    pipelines = {signal: {"receivers": ["otlp"], "exporters": list(exporter)} for signal in ("traces", "metrics", "logs")}
    return {
        "extensions": {"bearertokenauth": {"scheme": "Bearer", "token": key}},
        "receivers": {"otlp": {"protocols": {"http": {"endpoint": listen, "auth": auth}}}},
        "exporters": exporter,
        "service": {
            "extensions": ["bearertokenauth"], "pipelines": pipelines,
            "telemetry": {"metrics": {"level": "none"}},
        },
    }


def written(path: Path, value: dict[str, Any]) -> Path:
    path.write_text(json.dumps(value))
    return path


def headers_in(folder: Path, text: str = HEADERS) -> Path:
    file = folder / "backend.headers"
    file.write_text(text)
    file.chmod(0o600)
    return file
