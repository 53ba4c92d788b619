"""A backend that takes nothing without a key: a second collector, whose OTLP receiver asks for a bearer token."""

import json
from pathlib import Path
from typing import Any

from tests.driver import Driver

KEY = "planted-export-key-71c3f0"
HEADERS = f"# what the backend asks for\nAuthorization: Bearer {KEY}\n"


SIGNALS = ("traces", "metrics", "logs")


def config(listen: str, *, below: str = "", file: str = "", key: str = KEY) -> dict[str, Any]:
    """Of the collector. What it takes it writes to `file`, or in full to its log. At `below` its paths begin with /otlp."""
    exporter = {"file": {"path": file, "flush_interval": "100ms"}} if file else {"debug": {"verbosity": "detailed"}}
    auth = {"authenticator": "bearertokenauth"}
    receivers: dict[str, Any] = {"otlp": {"protocols": {"http": {"endpoint": listen, "auth": auth}}}}
    if below:
        paths = {f"{signal}_url_path": f"/otlp/v1/{signal}" for signal in SIGNALS}
        receivers["otlp/below"] = {"protocols": {"http": {"endpoint": below, "auth": auth, **paths}}}
    pipelines = {signal: {"receivers": list(receivers), "exporters": list(exporter)} for signal in SIGNALS}
    return {
        "extensions": {"bearertokenauth": {"scheme": "Bearer", "token": key}},
        "receivers": receivers,
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


def causes(lab: Driver) -> list[Any]:
    """What `why` calls wrong, whatever else the machine is busy with."""
    return [one for one in lab.json("why", code=None, timeout=120)["findings"] if one["kind"] == "cause"]
