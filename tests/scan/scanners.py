"""The scanners: how each is run over the folder of the material, and what of its answer is a finding."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.scan.findings import Finding
from tests.scan.material import ROOT, kubernetes_version, place, variants

ENVIRONMENT: Final = ROOT / ".venv-scan"
VALIDATE: Final = str(ROOT / "tests" / "scan" / "validate.py")


@dataclass(frozen=True)
class Scanner:
    name: str
    argv: Callable[[Path], list[list[str]]]             # of the programs that it runs, over the folder
    read: Callable[[Any], Iterator[tuple[str, str, str]]]       # of the JSON of each: check, file or place, text
    program: str = ""               # in the environment, if not the scanner's name
    built_by: str = ""              # the make target of what is a Go module; it may also be on the PATH

    def path(self) -> str | None:
        folders = f"{ENVIRONMENT / 'go'}{os.pathsep}{os.environ['PATH']}" if self.built_by else str(ENVIRONMENT / "bin")
        return shutil.which(self.program or self.name, path=folders)

    def scan(self, folder: Path) -> Iterator[Finding]:
        """Raises RuntimeError when its answer is none."""
        path = self.path()
        for argv in self.argv(folder):
            made = subprocess.run([str(path), *argv], capture_output=True, text=True, timeout=300, check=False, cwd=folder)
            try:
                answer = json.loads(made.stdout)
            except ValueError:
                raise RuntimeError(f"{self.name} gives no answer: {(made.stderr or made.stdout).strip()[-500:]}") from None
            yield from (Finding(self.name, check, where, text) for check, where, text in self.read(answer))


def _checkov(answer: Any) -> Iterator[tuple[str, str, str]]:
    for part in answer if isinstance(answer, list) else [answer]:
        results = part["results"]
        for one in results["failed_checks"]:
            yield one["check_id"], place(one["file_path"]), one["check_name"]
        for file in results.get("parsing_errors", ()):
            yield "unreadable", place(file), "checkov cannot read it"


def _hadolint(answer: Any) -> Iterator[tuple[str, str, str]]:
    for one in answer:
        yield one["code"], place(one["file"]), f"line {one['line']}: {one['message']}"


def _kube_score(answer: Any) -> Iterator[tuple[str, str, str]]:
    all_right = 10
    for item in answer:
        for check in item["checks"]:
            if not check["skipped"] and check["grade"] < all_right:
                said = "; ".join(comment["summary"] for comment in check["comments"] or ())
                yield check["check"]["id"], place(item["file_name"]), said or check["check"]["name"]


def _trivy(answer: Any) -> Iterator[tuple[str, str, str]]:
    for result in answer.get("Results", ()):
        for one in result.get("Misconfigurations") or ():
            yield one["ID"], place(result["Target"]), one["Message"]


def _validate(answer: Any) -> Iterator[tuple[str, str, str]]:
    for one in answer:
        yield "invalid", place(one["file"]), one["text"]


def _kube_score_argv(folder: Path) -> list[list[str]]:
    more = [f"--enable-optional-test={check}" for check in ("container-ports-check", "container-seccomp-profile")]
    options = [f"--kubernetes-version=v{kubernetes_version()}", *more, "--output-format=json"]
    return [["score", *options, *map(str, sorted((folder / "manifests" / one.name).iterdir()))] for one in variants()]


SCANNERS: Final = (
    Scanner("checkov", lambda folder: [[
        "--directory=.", "--framework", "kubernetes", "dockerfile", "--skip-download", "--compact", "--quiet", "--output=json",
    ]], _checkov),
    Scanner("hadolint", lambda folder: [["--format", "json", "Dockerfile"]], _hadolint),
    Scanner("kubernetes-validate", lambda _: [[VALIDATE, "kubernetes", kubernetes_version()]], _validate, program="python"),
    Scanner("cyclonedx", lambda _: [[VALIDATE, "cyclonedx", "1.6"]], _validate, program="python"),
    Scanner("kube-score", _kube_score_argv, _kube_score, built_by="scanners"),
    Scanner("trivy", lambda folder: [[
        "config", "--quiet", "--skip-check-update", "--skip-version-check", "--disable-telemetry", "--format", "json", ".",
    ]], _trivy, built_by="trivy"),
)
