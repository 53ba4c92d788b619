"""`make scan`: runs every scanner that is there, and fails on a finding without a reason.

What has passed is not scanned again until it changes, or a scanner does.
"""

import hashlib
import os
import sys
import tempfile
from pathlib import Path

from tests.scan import material
from tests.scan.findings import judged, read_exceptions
from tests.scan.scanners import ENVIRONMENT, SCANNERS, Scanner

EXCEPTIONS = material.ROOT / "docs" / "security-exceptions.toml"
PASSED = ENVIRONMENT / "passed"         # the digest of what had no finding


def main() -> int:
    missing = [one for one in SCANNERS if not one.path()]
    for one in missing:
        print(f"not scanned with {one.name}: {how_to_get(one)}", file=sys.stderr)
    if os.environ.get("NO_SKIP") and any(is_needed(one) for one in missing):
        return 1
    with tempfile.TemporaryDirectory() as name:
        return scan(Path(name).resolve(), [one for one in SCANNERS if one not in missing])


def how_to_get(scanner: Scanner) -> str:
    return f"with Go on the PATH, `make {scanner.built_by}` builds it" if scanner.built_by else "run `make scan`"


def is_needed(scanner: Scanner) -> bool:
    """Those that are Python packages come with the project; the others take Go and a build."""
    return not scanner.built_by


def scan(folder: Path, scanners: list[Scanner]) -> int:
    material.write(folder)
    now = digest(folder, scanners)
    if PASSED.is_file() and PASSED.read_text() == now:
        return 0
    findings = [finding for one in scanners for finding in one.scan(folder)]
    lines = judged(findings, read_exceptions(EXCEPTIONS), [one.name for one in scanners])
    print(*lines, sep="\n", end="\n" if lines else "", file=sys.stderr)
    if not lines:
        PASSED.write_text(now)
    return 1 if lines else 0


def digest(folder: Path, scanners: list[Scanner]) -> str:
    """Of everything that the findings depend on."""
    files = [*folder.rglob("*"), *Path(__file__).parent.iterdir(), EXCEPTIONS]
    programs = [(one.name, Path(path).stat().st_mtime_ns) for one in scanners if (path := one.path())]
    found = hashlib.sha256(repr(programs).encode())
    for file in sorted(one for one in files if one.is_file()):
        name = file.relative_to(folder) if file.is_relative_to(folder) else file.name
        found.update(f"{name}\0".encode() + file.read_bytes() + b"\0")
    return found.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
