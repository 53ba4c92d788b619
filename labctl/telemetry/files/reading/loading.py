"""One file into the store, as if it were received now: its telemetry is kept as long as what comes now, however old it is.

Subtle: what is stored already, from before or in another encoding, is not stored a second time. So a run can be loaded into the
lab that it was saved from.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, Any, Final

from labctl.telemetry.files.reading import beside, known
from labctl.telemetry.files.reading.formats import Groups
from labctl.telemetry.files.reading.requests import FileText
from labctl.telemetry.files.reading.sources import FilePart, sources
from labctl.telemetry.files.reading.unreadable import Unreadable
from labctl.telemetry.otlp.batch import Batch, Malformed
from labctl.telemetry.otlp.decode import decode_request
from labctl.telemetry.otlp.json_format.requests import of_groups
from labctl.telemetry.store.store import Store, Unavailable

COMMIT_S: Final = 30.0
MOST_REASONS: Final = 20                # a reason can contain text of the file
_AHEAD: Final = 4                       # requests that wait to be stored while the next one is read
_RUN_DIGITS: Final = 16
_TOLD: Final = (
    "name", "size", "read", "state", "error", "remedy", "advice", "spans", "log_records", "data_points", "annotations", "known",
    "begin", "end",
)
_COUNTERS: Final = {"traces": "spans", "logs": "log_records", "metrics": "data_points", "annotations": "annotations"}


@dataclass(slots=True)
class Loading:
    """What is known of a file while it is read, and afterwards."""

    name: str
    size: int                           # bytes of the file
    read: int = 0                       # of them
    state: str = "reading"              # reading | done | failed
    error: str = ""                     # why it failed; what was loaded before is there
    remedy: str = ""                    # a command that fixes it
    advice: str = ""                    # or what no command can do
    spans: int = 0
    log_records: int = 0
    data_points: int = 0
    annotations: int = 0
    known: int = 0                      # items of these that had been stored before
    refused: Counter[str] = field(default_factory=Counter)
    begin: float | None = None          # Unix seconds, of its spans
    end: float | None = None
    traces: set[str] = field(default_factory=set)           # up to two
    prefixes: set[str] = field(default_factory=set)         # the same: the first digits, which those of a run share

    def as_json(self) -> dict[str, Any]:
        found = {name: getattr(self, name) for name in _TOLD}
        trace = next(iter(self.traces)) if len(self.traces) == 1 else None
        run = next(iter(self.prefixes)) if len(self.prefixes) == 1 and not trace else None
        return {**found, "refused": dict(self.refused.copy().most_common(MOST_REASONS)), "trace": trace, "run": run}

    def refuse(self, reasons: Counter[str]) -> None:
        for reason, items in reasons.items():
            self.refused[reason if reason in self.refused or len(self.refused) < MOST_REASONS else "other"] += items

    def count(self, batch: Batch) -> None:
        self.refuse(batch.refused)
        self.known += batch.duplicates
        counter = _COUNTERS[batch.signal]
        setattr(self, counter, getattr(self, counter) + batch.items - batch.duplicates)

    def see(self, batch: Batch) -> None:
        """Of rows of spans: trace id, times."""
        for _, rows in batch.groups:
            if rows:
                begin, end = min(row[5] for row in rows) / 1e9, max(row[5] + row[6] for row in rows) / 1e9
                self.begin = begin if self.begin is None else min(begin, self.begin)
                self.end = end if self.end is None else max(end, self.end)
            if len(self.prefixes) < 2 or len(self.traces) < 2:  # noqa: PLR2004 - no more is asked than whether it is one
                ids = {row[0].hex() for row in rows}
                self.traces.update(islice(ids, 2))
                self.prefixes.update(islice({one[:_RUN_DIGITS] for one in ids}, 2))


def load(store: Store, file: IO[bytes], loading: Loading) -> None:
    """Ends with its state `done` or `failed`; raises nothing."""
    try:
        for source in sources(file, loading.name):
            _load_source(store, source, loading, file.tell)
        loading.state = "done"
    except Unreadable as error:
        loading.error, loading.remedy, loading.advice = error.message, error.remedy, error.advice
    except Malformed as error:
        loading.error = str(error)
    except (Unavailable, TimeoutError) as error:
        loading.error, loading.advice = f"the store cannot write now: {error}", "load it again later"
    except OSError as error:
        loading.error = error.strerror or str(error)
    except Exception as error:  # noqa: BLE001 - no file may leave a load without an end
        loading.error = f"{type(error).__name__}: {error}"[:300]
    if loading.state != "done":
        loading.state = "failed"
    loading.read = loading.size if loading.state == "done" else loading.read


def _load_source(store: Store, source: FilePart, loading: Loading, place: Callable[[], int]) -> None:
    if beside.is_beside(source):
        _annotate(store, source, loading)
    else:
        _load_telemetry(store, source, loading, place)


def _load_telemetry(store: Store, source: FilePart, loading: Loading, place: Callable[[], int]) -> None:
    reading, ahead = FileText(source.read), deque[Future[Batch]]()
    try:
        for found in reading.requests():
            loading.read = place()
            for batch in _batches(store, found, loading):
                ahead.append(store.put(lambda batch=batch: batch))  # type: ignore[misc]
            while len(ahead) > _AHEAD:
                loading.count(ahead.popleft().result(COMMIT_S))
    finally:
        loading.refuse(reading.refused)
        while ahead:
            loading.count(ahead.popleft().result(COMMIT_S))


def _batches(store: Store, found: Groups, loading: Loading) -> Iterator[Batch]:
    signal, groups = found
    try:
        request, refused = of_groups(signal, groups)
        loading.refuse(refused)
        batch = decode_request(signal, request)
    except Malformed as error:
        loading.refuse(Counter({str(error)[:160]: 1}))
        return
    loading.refuse(batch.refused)
    batch.refused = Counter()
    if signal == "traces":
        loading.see(batch)
    loading.known += known.leave_out(store, batch)
    if batch.items:
        yield batch


def _annotate(store: Store, source: FilePart, loading: Loading) -> None:
    refused = Counter[str]()
    for decode in beside.decoders(store, source, loading.end, refused):
        try:
            loading.count(store.put(decode).result(COMMIT_S))
        except Malformed as error:
            loading.refuse(error.refused)
    loading.refuse(refused)
