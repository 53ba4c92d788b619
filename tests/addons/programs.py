"""The add-ons' programs for labs of plain processes: those on the PATH, else out of the images that Docker holds."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

IN_IMAGES = {
    "prometheus": ("prom/prometheus:v3.5.3", "/bin/prometheus"),
    "promtool": ("prom/prometheus:v3.5.3", "/bin/promtool"),
    "alertmanager": ("prom/alertmanager:v0.33.1", "/bin/alertmanager"),
    "jaeger": ("jaegertracing/jaeger:2.13.0", "/jaeger"),
    "victoria-logs": ("victoriametrics/victoria-logs:v1.52.1", "/victoria-logs"),
}
FOLDER = Path(tempfile.gettempdir()) / f"labctl-programs-{os.getuid()}"


def put_on_path() -> None:
    """Where there is neither program nor image, a test that needs it is skipped."""
    missing = [name for name in IN_IMAGES if not shutil.which(name)]
    if missing and shutil.which("docker"):
        FOLDER.mkdir(mode=0o700, exist_ok=True)
        for name in missing:
            if not (FOLDER / name).exists():
                _copy(name)
        os.environ["PATH"] = f"{FOLDER}{os.pathsep}{os.environ['PATH']}"


def _copy(name: str) -> None:
    image, path = IN_IMAGES[name]
    if container := _docker("create", image, name):
        part = FOLDER / f"{name}.{os.getpid()}"        # another process of the tests may copy it too
        _docker("cp", "--quiet", f"{container}:{path}", str(part))
        _docker("rm", container)
        if part.exists():
            part.rename(FOLDER / name)


def _docker(*words: str) -> str:
    """What it says; empty where it fails, as without the image."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, timeout=60, check=False)
    return "" if done.returncode else done.stdout.strip()
