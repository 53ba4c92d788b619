"""The spans of a run, counted without labctl's ledger: by SQL from the viewer's store, for the run's own list of trace ids."""

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from labctl.model import TRACE
from tests.driver import Driver

CLIENT = "labctl"


def store_of(driver: Driver) -> Path:
    return driver.state / driver.name / "viewer.db"


def stored(driver: Driver, ids: Path) -> dict[str, Counter[str]]:
    """Of every trace id of the list, how many spans of each name there are; the client's are named `labctl`."""
    found: dict[str, Counter[str]] = {line.strip(): Counter() for line in ids.read_text().splitlines()}
    with sqlite3.connect(f"file:{store_of(driver)}?mode=ro", uri=True, timeout=20) as store:
        rows = store.execute(
            "SELECT lower(hex(trace_id)), service, name FROM spans JOIN resources ON resources.id = resource",
        )
        for trace_id, service, name in rows:
            if trace_id in found:
                found[trace_id][CLIENT if service == CLIENT else name] += 1
    return found


def missing_client(found: dict[str, Counter[str]]) -> int:
    return sum(names[CLIENT] == 0 for names in found.values())


def missing_service(found: dict[str, Counter[str]], answered: Iterable[str]) -> int:
    """Of the traces whose requests were answered with success."""
    return sum(found[trace_id][name] == 0 for trace_id in answered for name in TRACE)


def lost_by_hop(run: dict[str, Any]) -> dict[str, int]:
    return {loss["hop"]: loss["spans"] for loss in run["ledger"]["lost"]}


def await_spans(driver: Driver, count: int) -> None:
    wait_until(lambda: count_of(driver, "SELECT count(*) FROM spans") > count)


def count_of(driver: Driver, query: str) -> int:
    with sqlite3.connect(f"file:{store_of(driver)}?mode=ro", uri=True, timeout=20) as store:
        return int(store.execute(query).fetchone()[0])


def wait_until(true: Callable[[], bool], patience_s: float = 60.0) -> None:
    deadline = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
