"""The viewer's telemetry as OTLP JSON, as a stream, however much it is."""

from collections.abc import Iterator
from urllib.parse import urlencode

from labctl.errors import LabError, NotReady
from labctl.host.http import Unreachable, download

OK, NOTHING, BUSY = 200, 404, 429
_SILENT_S = 30.0                        # without a byte, in which the viewer searches


class NothingStored(LabError):
    """The viewer has nothing of what is asked for."""


def exported(viewer: str, **parameters: object) -> Iterator[bytes]:
    """Pieces of an answer of `/api/page/export` at the viewer's URL. Raises NothingStored, NotReady and LabError."""
    try:
        with download(f"{viewer}/api/page/export?{urlencode(parameters)}", _SILENT_S) as (status, pieces):
            if status == NOTHING:
                raise NothingStored("the viewer has nothing of it", hint="labctl status")
            if status != OK:
                why = "it makes two files already" if status == BUSY else f"it answered {status}"
                raise LabError(f"the viewer gives no file: {why}", detail=b"".join(pieces)[:500].decode(errors="replace"))
            yield from pieces
    except Unreachable as error:
        raise NotReady(f"the viewer's answer broke off: {viewer}", detail=error.detail, hint="labctl status") from None
