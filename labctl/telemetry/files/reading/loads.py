"""Files that are brought to the viewer: uploaded in pieces by the page, or given by the command that has started it.

    POST /api/page/files?name=<name>&size=<bytes>     {"id": <number>, "piece": <most bytes of one>}
    POST /api/page/files/<id>?at=<bytes before>       the next piece, as application/octet-stream; after the last one it is read
    GET  /api/page/files                              {"files": [{"id", "received", and what Loading.as_json has}, …]}

Subtle: a body is at most as large as a request may be, so a file comes in pieces, and waits beside the store until it is whole: a
zip file is read from its end. One at a time; an upload that stands still makes place for the next one.
"""

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from labctl.telemetry.files import LOADED_AT
from labctl.telemetry.files.reading.loading import Loading, load
from labctl.telemetry.http.messages import HTTPProblem, HttpRequest, Reply
from labctl.telemetry.http.parameters import parameters, whole
from labctl.telemetry.store.store import Store

MOST_UPLOADED: Final = 256 << 20        # bytes of a file
PIECE: Final = 4 << 20
STANDS_STILL_S: Final = 30.0
MOST_LISTED: Final = 20
_MOST_NAME: Final = 200
_KIND: Final = "application/octet-stream"               # no page of another site can send it without being asked first
_HEADERS: Final = (("cache-control", "no-store"), ("cross-origin-resource-policy", "same-origin"))


@dataclass(slots=True)
class _Upload:
    number: int
    loading: Loading
    file: IO[bytes]
    received: int = 0
    at: float = 0.0                     # when the last piece came


class Loads:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._loads: dict[int, Loading] = {}
        self._number = 0
        self._given = 0                 # files that the command that has started the viewer gave
        self._upload: _Upload | None = None
        self._busy = False              # a file is being read
        self._waiting = Path(f"{store.path}.upload")

    def open_all(self, paths: Sequence[Path]) -> None:
        """Read these files, one after the other, in the background."""
        self._given = len(paths)
        loadings = [self._added(Loading(str(path), _size(path), state="waiting")) for path in paths]
        self._busy = True
        files = list(zip(paths, loadings, strict=True))
        threading.Thread(target=self._read_all, args=(files,), name="files", daemon=True).start()

    def reply(self, request: HttpRequest) -> Reply:
        """Raises HTTPProblem."""
        if request.path == LOADED_AT and request.method == "GET":
            return _json(200, {"files": [self._shown(number, one) for number, one in list(self._loads.items())]})
        if request.method != "POST":
            raise HTTPProblem(405, "only GET and POST are answered here")
        if request.path == LOADED_AT:
            return self._begin(request)
        number = request.path.removeprefix(f"{LOADED_AT}/")
        if not number.isdecimal() or len(number) > 9:  # noqa: PLR2004 - digits
            raise HTTPProblem(404, "not found")
        return self._take(int(number), request)

    def _begin(self, request: HttpRequest) -> Reply:
        _check_kind(request)
        asked = parameters(request)
        size = whole(asked, "size", 0, 1 << 50)
        if not size:
            raise HTTPProblem(400, "size is missing", "the number of bytes that are to come")
        if size > MOST_UPLOADED:
            raise HTTPProblem(413, f"the page takes files of up to {MOST_UPLOADED >> 20} MiB",
                              "labctl view FILE shows a file of any size")
        with self._lock:
            standing = self._upload and time.monotonic() - self._upload.at < STANDS_STILL_S
            if self._busy or standing:
                raise HTTPProblem(409, "another file is being loaded", "wait for it to finish", retry_after_s=2)
            self._drop("the upload did not finish")
            loading = Loading(asked.get("name", "file")[:_MOST_NAME], size, state="coming")
            try:
                file = self._waiting.open("w+b")
            except OSError as error:
                raise HTTPProblem(507, "there is no disk space for the file", str(error.strerror)) from None
            self._waiting.unlink(missing_ok=True)       # it has no name from here on, and is gone with the process
            self._upload = _Upload(self._add(loading), loading, file, at=time.monotonic())
            return _json(201, {"id": self._upload.number, "piece": PIECE})

    def _take(self, number: int, request: HttpRequest) -> Reply:
        _check_kind(request)
        body = request.body()
        with self._lock:
            upload = self._upload
            if upload is None or upload.number != number:
                raise HTTPProblem(404, "this upload has ended", "start it again")
            if whole(parameters(request), "at", 0, MOST_UPLOADED, least=0) != upload.received:
                raise HTTPProblem(409, "a piece is missing", f"{upload.received} bytes were received")
            if not body or len(body) > PIECE or upload.received + len(body) > upload.loading.size:
                raise HTTPProblem(400, "a piece is empty or too large")
            try:
                upload.file.write(body)
            except OSError as error:
                self._drop(f"there is no disk space for it: {error.strerror}")
                raise HTTPProblem(507, "there is no disk space for the file", str(error.strerror)) from None
            upload.received, upload.at = upload.received + len(body), time.monotonic()
            if upload.received == upload.loading.size:
                self._upload, self._busy, upload.loading.state = None, True, "reading"
                threading.Thread(target=self._read_upload, args=(upload.file, upload.loading), name="file", daemon=True).start()
            return _json(200, {"received": upload.received})

    def _read_all(self, files: Sequence[tuple[Path, Loading]]) -> None:
        for path, loading in files:
            loading.state = "reading"
            try:
                file = path.open("rb")
            except OSError as error:
                loading.state, loading.error = "failed", (error.strerror or str(error)).lower()
            else:
                with file:
                    load(self._store, file, loading)
        self._busy = False

    def _read_upload(self, file: IO[bytes], loading: Loading) -> None:
        try:
            with file:
                file.seek(0)            # writes what is left of it
                load(self._store, file, loading)
        except OSError as error:
            loading.state, loading.error = "failed", f"there is no disk space for it: {error.strerror}"
        finally:
            self._busy = False

    def _drop(self, why: str) -> None:
        """What has come of an upload."""
        if self._upload:
            self._upload.loading.state, self._upload.loading.error = "failed", why
            self._upload.file.close()
            self._upload = None

    def _added(self, loading: Loading) -> Loading:
        with self._lock:
            self._add(loading)
        return loading

    def _add(self, loading: Loading) -> int:
        self._number += 1
        self._loads[self._number] = loading
        for old in list(self._loads)[:-max(MOST_LISTED, self._given)]:
            del self._loads[old]
        return self._number

    def _shown(self, number: int, loading: Loading) -> dict[str, Any]:
        upload = self._upload
        received = upload.received if upload and upload.number == number else loading.size
        return {"id": number, "received": received, **loading.as_json()}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _check_kind(request: HttpRequest) -> None:
    if request.header("content-type").partition(";")[0].strip().lower() != _KIND:
        raise HTTPProblem(415, f"the content type must be {_KIND}")


def _json(status: int, value: Any) -> Reply:
    return Reply(status, json.dumps(value, ensure_ascii=False).encode(errors="replace"), headers=_HEADERS)
