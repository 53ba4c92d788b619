"""Telemetry as a file.

    GET /api/page/export?trace=<trace id>                     its spans as one object of OTLP JSON
    GET /api/page/export?run=<first hex digits of trace ids>  a run as OTLP JSON lines: its traces, logs and metrics
    GET /api/page/export?begin=<Unix ms>&end=<Unix ms>        all of that time
    …&signal=traces|logs|metrics&form=json|lines|zip          one signal alone; another form than that
    …&check=1                                                 {} where there would be a file now

A stream: however much there is, a page of it is held at a time. It breaks off when something fails, and then lacks its end.
"""

import json
import re
import threading
from collections.abc import Generator, Iterator
from typing import Final

from labctl.telemetry import archive_names
from labctl.telemetry.files.writing import archive, lines
from labctl.telemetry.files.writing.selection import Selection, of_run
from labctl.telemetry.http.messages import HTTPProblem, HttpRequest, Reply
from labctl.telemetry.http.parameters import Parameters, parameters, whole
from labctl.telemetry.query.ids import OF_A_RUN, id_range
from labctl.telemetry.receive import annotations
from labctl.telemetry.store.store import Store

MOST_AT_ONCE: Final = 2
LATEST_MS: Final = 9 * 10**12
FORMS: Final = {"json": ("json", "application/json"), "lines": ("jsonl", "application/jsonl"), "zip": ("zip", "application/zip")}
_HEADERS: Final = (("cache-control", "no-store"), ("cross-origin-resource-policy", "same-origin"))


class Exports:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._places = threading.Semaphore(MOST_AT_ONCE)

    def reply(self, request: HttpRequest) -> Reply:
        """Raises HTTPProblem."""
        asked = parameters(request)
        wanted = self._wanted(asked)
        form = asked.get("form") or ("json" if wanted.is_one_trace else "lines")
        signals = [asked["signal"]] if asked.get("signal") else list(lines.SIGNALS)
        if form not in FORMS or not set(signals) <= set(lines.SIGNALS):
            raise HTTPProblem(400, f"form must be one of {', '.join(FORMS)}, and signal one of {', '.join(lines.SIGNALS)}")
        if form == "json" and not wanted.is_one_trace:
            raise HTTPProblem(400, "form=json takes a single trace", "form=lines")
        ending, kind = FORMS[form]
        what = "trace" if wanted.is_one_trace else "run" if wanted.prefix else "telemetry"
        name = f"{what}-{wanted.prefix or wanted.begin}.{ending}"
        stream = self._held(self._pieces(wanted, form, signals))
        next(stream)                    # from here on its closing is noticed
        if "check" in asked:
            stream.close()
            return Reply(200, b"{}", headers=_HEADERS)
        return Reply(200, b"", kind, (*_HEADERS, ("content-disposition", f'attachment; filename="{name}"')), stream)

    def _wanted(self, asked: Parameters) -> Selection:
        prefix = (asked.get("trace") or asked.get("run") or "").lower()
        if not prefix:
            if "begin" not in asked:
                raise HTTPProblem(400, "trace=, run=, or begin= and end= is missing")
            begin, end = (whole(asked, name, LATEST_MS, LATEST_MS, least=0) for name in ("begin", "end"))
            return Selection("", begin * 10**6, end * 10**6)
        if not re.fullmatch("[0-9a-f]{32}" if asked.get("trace") else "[0-9a-f]{1,31}", prefix):
            raise HTTPProblem(400, "trace must be 32 hex digits, run the first digits of its trace ids")
        if not self._store.read(f"SELECT 1 FROM spans WHERE {OF_A_RUN} LIMIT 1", id_range(prefix)):
            raise HTTPProblem(404, "there is no such trace" if asked.get("trace") else "nothing is stored of this run", prefix)
        return Selection(prefix)

    def _held(self, pieces: Iterator[bytes]) -> Generator[bytes, None, None]:
        if not self._places.acquire(blocking=False):
            raise HTTPProblem(429, "too many downloads at once", f"at most {MOST_AT_ONCE}", retry_after_s=5)
        try:
            yield b""
            yield from pieces
        finally:
            self._places.release()

    def _pieces(self, wanted: Selection, form: str, signals: list[str]) -> Iterator[bytes]:
        if form == "json":
            return lines.one_object(self._store, wanted)
        of_signals = {f"{signal}.jsonl": lines.lines(self._store, wanted, signal) for signal in signals}
        if form == "lines":
            return (line for found in of_signals.values() for line in found)
        return archive.stream(of_signals | _beside(self._store, wanted, list(of_signals)))


def _beside(store: Store, wanted: Selection, names: list[str]) -> dict[str, Iterator[bytes]]:
    """What an archive has besides its telemetry."""
    times = of_run(store, wanted) or wanted
    told = annotations.listed(store, begin=times.begin / 1e9, end=min(times.end / 1e9, annotations.LATEST_S))
    found = {archive_names.ANNOTATIONS: told}
    for one in told["annotations"]:
        if one["kind"] == "run" and one["key"].startswith(wanted.prefix or "-") and (summary := one["data"].get("summary")):
            data = one["data"]
            found[archive_names.SUMMARY] = {
                "version": 1, "at": one["end"], "scenario": data.get("scenario") or "", "slo": data.get("slo") or [],
                "report": summary, **({"use": data["use"]} if data.get("use") else {}),
            }
    title = f"run {wanted.prefix}" if wanted.prefix else "telemetry"
    texts = {name: json.dumps(value).encode() for name, value in found.items()}
    texts[archive_names.README] = archive_names.readme(title, [*names, *texts]).encode()
    return {name: iter([text]) for name, text in texts.items()}
