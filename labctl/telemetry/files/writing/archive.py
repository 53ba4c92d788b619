"""A run as one zip file, written as a stream: traces, logs and metrics as OTLP JSON lines, and what else is known of it.

Subtle: nothing of it is kept, neither in memory nor on the disk; so the sizes stand behind each file's content.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

_LEVEL: Final = 6


def stream(files: Mapping[str, Iterable[bytes]]) -> Iterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name, pieces in files.items():
            with archive.open(name, "w", force_zip64=True) as file:
                for piece in pieces:
                    file.write(piece)
                    yield from sink.taken()
    yield from sink.taken()


class _Sink(io.RawIOBase):
    """What is written, until it is taken."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: object) -> int:
        held = bytes(piece)  # type: ignore[call-overload]
        self._held += held
        return len(held)

    def taken(self) -> Iterator[bytes]:
        if self._held:
            found, self._held = bytes(self._held), bytearray()
            yield found
