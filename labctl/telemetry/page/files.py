"""The page's files, with headers by which nothing is loaded from elsewhere, and no markup can run a script.

index.html names them below /page/<version>/, where a browser keeps them for good: a change of any file is another version.
"""

import hashlib
import posixpath
import re
from functools import cache, lru_cache
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
)
ASKED_AGAIN: Final = ("cache-control", "no-cache")
KEPT: Final = ("cache-control", "max-age=31536000, immutable")


_VERSION: Final = re.compile("([0-9a-f]{16})/(.+)")
_RELATIVE: Final = re.compile(rb' (href|src)="([\w/-]+\.(?:js|css|svg))"')
OF_FILES: Final = b'<html lang="en"', b'<html lang="en" data-files'        # in index.html: nothing is live, as in labctl view
LINKS: Final = b"<!-- modules -->"       # in index.html: what the overview needs is fetched at once, not import after import
FIRST: Final = ("main.js", "views/overview.js")
_IMPORT: Final = re.compile(rb'^(?:import|\} from|import .* from) "(\.[^"]+)";$', re.MULTILINE)


def is_one(path: str) -> bool:
    return path == "/" or path.startswith(PREFIX)


def file(request: HttpRequest, *, of_files: bool = False) -> Reply:
    """Raises HTTPProblem."""
    if request.method not in {"GET", "HEAD"}:
        raise HTTPProblem(405, "only GET is answered here")
    name, version = "index.html" if request.path == "/" else request.path.removeprefix(PREFIX), ""
    if match := _VERSION.fullmatch(name):
        version, name = match.groups()
    # only a name that is in the folder's own listing is opened
    found = _listing().get(name)
    if found is None:
        raise HTTPProblem(404, "not found", f"unknown path {request.path[:200]}")
    content = found.read_bytes()
    if name == "index.html":
        content = _index(content, _version())
        content = content.replace(*OF_FILES) if of_files else content
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = (*HEADERS, KEPT if version and version == _version() else ASKED_AGAIN, ("etag", tag))
    if request.header("if-none-match") == tag:
        return Reply(304, b"", KINDS[found.suffix], headers)
    return Reply(200, content, KINDS[found.suffix], headers)


@cache
def _listing() -> dict[str, Path]:
    return {str(path.relative_to(FOLDER)): path for path in FOLDER.rglob("*") if path.suffix in KINDS}


def _version() -> str:
    """Also right while somebody edits the files."""
    states = [(name, found.stat()) for name, found in sorted(_listing().items())]
    return hashlib.sha256(repr([(name, state.st_mtime_ns, state.st_size) for name, state in states]).encode()).hexdigest()[:16]


@lru_cache(1)
def _index(content: bytes, version: str) -> bytes:
    links = "\n".join(f'<link rel="modulepreload" href="{name}">' for name in modules(*FIRST))
    return _RELATIVE.sub(rf' \1="{PREFIX}{version}/\2"'.encode(), content.replace(LINKS, links.encode()))


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
