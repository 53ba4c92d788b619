"""What is told to the viewer as JSON and stored like telemetry: a request is a batch, what is invalid is refused by itself."""

import json
from collections.abc import Callable
from concurrent.futures import TimeoutError as Late
from functools import partial
from typing import Any, Final

from labctl.telemetry.http.messages import HTTPProblem, HttpRequest, Reply
from labctl.telemetry.otlp.batch import Batch, Malformed
from labctl.telemetry.store.store import Store, Unavailable

_COMMIT_S: Final = 30.0
_MOST_DIGITS: Final = 18                # with the sign; below 2^63


def receive(store: Store, request: HttpRequest, decode: Callable[[bytes], Batch], wrong: str) -> Reply:
    """`wrong`: the title of the answer to what cannot be decoded."""
    if request.header("content-type").partition(";")[0].strip().lower() != "application/json":
        raise HTTPProblem(415, "the content type must be application/json")
    body = request.body()
    try:
        batch = store.put(partial(decode, body)).result(_COMMIT_S)
    except Malformed as error:
        raise HTTPProblem(400, wrong, str(error)) from None
    except (Unavailable, Late) as error:
        raise HTTPProblem(503, "the store cannot write now", str(error), retry_after_s=1) from None
    return Reply(200, json.dumps({"accepted": batch.items, "refused": dict(batch.refused)}).encode())


def parsed(body: bytes) -> Any:
    """Whole numbers that SQLite and a page cannot hold are as in JavaScript, which may be infinity. Raises Malformed."""
    try:
        return json.loads(body, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not JSON: {str(error)[:200]}") from None


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)
