"""What an archive has beside its telemetry: annotations, and a kept run's file. They tell of then, not of now.

What is not as labctl writes it is refused by itself, and the telemetry is loaded all the same.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any, Final

from labctl.telemetry.archive_names import ANNOTATIONS, SUMMARY
from labctl.telemetry.files.reading.json_cursor import MOST_BYTES, JsonCursor
from labctl.telemetry.files.reading.sources import FilePart
from labctl.telemetry.files.reading.unreadable import Unreadable
from labctl.telemetry.otlp.batch import Batch
from labctl.telemetry.receive import annotations
from labctl.telemetry.receive.posted_json import parsed
from labctl.telemetry.store.store import Store

_TOGETHER: Final = 20
_UNLIKE: Final = (Unreadable, ValueError, TypeError, KeyError, AttributeError, RecursionError)


def is_beside(part: FilePart) -> bool:
    return part.is_called(ANNOTATIONS) or part.is_called(SUMMARY)


def decoders(store: Store, part: FilePart, until: float | None, refused: Counter[str]) -> Iterator[Callable[[], Batch]]:
    """Of some annotations each. `until`: when the file's telemetry ends, Unix seconds."""
    found = (_listed if part.is_called(ANNOTATIONS) else partial(_of_a_run, store))(part, refused)
    while some := list(islice(found, _TOGETHER)):
        yield partial(annotations.of_a_file, some, until)


def _listed(part: FilePart, refused: Counter[str]) -> Iterator[Any]:
    """However many there are; each is small."""
    try:
        cursor = JsonCursor(part.read)
        for name in cursor.names():
            if name != b"annotations":
                cursor.skip()
                continue
            for _ in cursor.items():
                if (text := cursor.small()) is None:
                    cursor.skip()
                    refused[f"an annotation of more than {MOST_BYTES >> 20} MiB"] += 1
                else:
                    yield parsed(text)
    except _UNLIKE:
        refused[_unlike(part)] += 1


def _unlike(part: FilePart) -> str:
    return f"{part.name[-100:]}: unexpected format"


def _of_a_run(store: Store, part: FilePart, refused: Counter[str]) -> Iterator[Any]:
    """A kept run's file, unless more is known of the run."""
    text = b""
    try:
        while (piece := part.read(MOST_BYTES)) and len(text) <= MOST_BYTES:
            text += piece
        run = None if len(text) > MOST_BYTES else _run(json.loads(text))
    except _UNLIKE:
        refused[_unlike(part)] += 1
        return
    if run is None:
        refused[f"{part.name[-100:]} of more than {MOST_BYTES >> 20} MiB"] += 1
    elif not annotations.listed(store, kind="run", key=run["key"], with_data=False)["annotations"]:
        yield run


def _run(value: Any) -> dict[str, Any]:
    summary = value["report"]
    run, end = str(summary["run_id"]), min(float(value["at"]), time.time())
    data = {
        "run_id": run, "scenario": value["scenario"], "planned": summary["planned"], "rate": summary["target_rate"],
        "concurrency": summary["concurrency"], "url": summary["url"], "thresholds": [one["threshold"] for one in value["slo"]],
        "summary": summary, "slo": value["slo"], "ledger": None, "use": value.get("use"),
    }
    if len(json.dumps(data)) > annotations.MOST_BYTES:
        data["summary"] = {**summary, "timeline": None}
    named = f", {value['scenario']}" if value["scenario"] else ""
    begin = max(end - float(summary["duration_s"]), 0.0)
    return {"kind": "run", "key": run, "begin": begin, "end": end, "told": end, "title": f"run {run[:8]}{named}", "data": data}
