"""The page's files, with headers by which nothing is loaded from elsewhere, and no markup can run a script."""

import hashlib
import posixpath
import re
from functools import cache
from pathlib import Path
from typing import Final

from labctl.telemetry.http.messages import HTTPProblem, HttpRequest, Reply

FOLDER: Final = Path(__file__).parent / "static"
PREFIX: Final = "/page/"
KINDS: Final = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types labctl-worker"
)
HEADERS: Final = (
    ("content-security-policy", POLICY), ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"), ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-cache"),
)


LINKS: Final = b"<!-- modules -->"       # in index.html: what the overview needs is fetched at once, not import after import
FIRST: Final = ("main.js", "views/overview.js")
_IMPORT: Final = re.compile(rb'^(?:import|\} from|import .* from) "(\.[^"]+)";$', re.MULTILINE)


def is_one(path: str) -> bool:
    return path == "/" or path.startswith(PREFIX)


def file(request: HttpRequest) -> Reply:
    """Raises HTTPProblem."""
    if request.method not in {"GET", "HEAD"}:
        raise HTTPProblem(405, "only GET is answered here")
    name = "index.html" if request.path == "/" else request.path.removeprefix(PREFIX)
    # only a name that is in the folder's own listing is opened
    found = _listing().get(name)
    if found is None:
        raise HTTPProblem(404, "not found", f"unknown path {request.path[:200]}")
    content = found.read_bytes().replace(LINKS, _links()) if name == "index.html" else found.read_bytes()
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = (*HEADERS, ("etag", tag))
    if request.header("if-none-match") == tag:
        return Reply(304, b"", KINDS[found.suffix], headers)
    return Reply(200, content, KINDS[found.suffix], headers)


@cache
def _listing() -> dict[str, Path]:
    return {str(path.relative_to(FOLDER)): path for path in FOLDER.rglob("*") if path.suffix in KINDS}


@cache
def _links() -> bytes:
    return "\n".join(f'<link rel="modulepreload" href="{PREFIX}{name}">' for name in modules(*FIRST)).encode()


def modules(*names: str) -> list[str]:
    """These, and all that they import."""
    found, waiting = dict[str, None](), list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            imported = _IMPORT.findall(_listing()[name].read_bytes())
            waiting += [posixpath.normpath(posixpath.join(posixpath.dirname(name), one.decode())) for one in imported]
    return list(found)
