"""Thirty random histories of a lab under load: the ledger says what was counted from trace ids with SQL, without labctl.

Components are killed, stopped and restarted at random moments, rows are deleted behind the viewer's back, requests time out, and
the service's connections to the collector are cut. Where the evidence does not tell the hop, the ledger says "unknown hop".
"""

import json
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from labctl.model import TRACE
from tests.cases.cutting_proxy import CuttingProxy
from tests.cases.spans import CLIENT, count_of, lost_by_hop, store_of, wait_until
from tests.contract.conftest import fresh_lab
from tests.driver import Driver, free_ports

HISTORIES = 30
REQUESTS, RPS = 240, 80
BEHIND = {"viewer"}
BEFORE = {"client → collector", "service → collector", "collector → viewer"}
CLIENT_SPANS = "SELECT count(*) FROM spans JOIN resources ON resources.id = resource WHERE service = 'labctl'"
DELETE = """CREATE TRIGGER lose AFTER INSERT ON spans WHEN abs(random()) % 12 = 0 BEGIN
INSERT INTO deleted VALUES(lower(hex(new.trace_id)), new.name); DELETE FROM spans WHERE rowid = new.rowid; END"""


@dataclass
class Lab:
    driver: Driver
    proxy: CuttingProxy
    folder: Path
    pids: dict[str, int] = field(default_factory=dict)

    def process(self, name: str) -> psutil.Process:
        return psutil.Process(self.pids[name])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("histories")
    driver = fresh_lab("otelcol", folder)
    (port,) = free_ports(1)
    driver.settings |= {
        "DEFAULT_LATENCY_MS": "10", "SLOW_SPAN": "format_response:4%:900ms",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
    }
    with CuttingProxy(port, driver.ports["OTLP_GRPC"]) as proxy, driver.up():
        yield Lab(driver, proxy, folder)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", range(HISTORIES))
def test_a_history(lab: Lab, seed: int) -> None:
    draw = random.Random(seed)
    faults = draw.sample(sorted(FAULTS), draw.choice((1, 1, 2)))
    lab.driver.run("up", timeout=120)
    lab.pids = lab.driver.pids()
    ids = lab.folder / f"ids-{seed}"
    timeout_ms = 500 if "time-outs" in faults else 5000
    words = ("-n", str(REQUESTS), "--rps", str(RPS), "-c", "20", "--timeout", f"{timeout_ms}ms", "--trace-ids", str(ids))
    if "rows deleted" in faults:
        _sql(lab, "CREATE TABLE IF NOT EXISTS deleted(trace_id, name)", DELETE)
    before = count_of(lab.driver, CLIENT_SPANS)
    load = lab.driver.start("load", *words, "-o", "json")
    begun = _await_first(lab.driver, before)
    threads = [threading.Thread(target=FAULTS[fault], args=(lab, draw.uniform(0.2, 2.5), begun)) for fault in faults]
    for thread in threads:
        thread.start()
    out, err = load.communicate(timeout=150)
    for thread in threads:
        thread.join()
    try:
        assert load.returncode in {0, 6}, err
        _compare(json.loads(out), _truth(lab, ids, json.loads(out), timeout_ms), faults, err)
    finally:
        _sql(lab, "DROP TRIGGER IF EXISTS lose")


def _compare(run: dict[str, Any], truth: "Truth", faults: list[str], err: str) -> None:
    shown = f"{faults}: ledger {run['ledger']}, counted {truth}\n{err}"
    print(shown)
    assert run["ledger"] is not None, shown
    told = Counter(lost_by_hop(run))
    unknown = told.pop("unknown hop", 0)
    assert run["ledger"]["not_stored_yet"] == 0, shown              # every fault is over, or for good
    assert run["ledger"]["lost_spans"] == truth.lost == sum(told.values()) + unknown, shown
    assert run["ledger"]["unanswered"] == REQUESTS - truth.answered - truth.unsent, shown
    assert sum(told[hop] for hop in BEHIND) <= truth.deleted, shown
    assert sum(told[hop] for hop in BEFORE) <= truth.lost - truth.deleted, shown
    assert told["client → collector"] <= truth.client, shown
    if faults == ["collector killed"]:      # it took its last counts with it, and the service's do not arrive any more
        assert (told["client → collector"], told["viewer"]) == (truth.client, 0), shown
    elif len(faults) == 1:
        before = "collector → viewer" if faults == ["collector restarted"] else "service → collector"
        assert unknown == 0, shown
        assert told["viewer"] == truth.deleted, shown
        assert told[before] == truth.lost - truth.deleted, shown


@dataclass(frozen=True)
class Truth:
    answered: int
    unsent: int
    client: int                          # client spans that are missing
    lost: int                            # spans that were certainly made and are missing, the client's included
    deleted: int                         # of those, rows that the trigger deleted


def _logged(lab: Lab) -> Iterator[tuple[str, float]]:
    """The requests that the service says it has answered, and after how many milliseconds."""
    for path in (lab.driver.state / lab.driver.name / "logs").glob("service.log*"):
        for line in path.read_text().splitlines():
            if '"prediction answered"' in line:
                found = json.loads(line)
                yield found["trace_id"], found["duration_ms"]


def _truth(lab: Lab, ids: Path, run: dict[str, Any], timeout_ms: float) -> Truth:
    """From the list of trace ids, the viewer's store, the trigger's notes and the service's own log."""
    trace_ids, found, answered = ids.read_text().split(), Counter[tuple[str, str]](), set[str]()
    with sqlite3.connect(f"file:{store_of(lab.driver)}?mode=ro", uri=True, timeout=20) as store:
        rows = store.execute(
            "SELECT lower(hex(trace_id)), service, name, raw FROM spans JOIN resources ON resources.id = resource",
        )
        unanswered = set[str]()
        for trace_id, service, name, raw in rows:
            found[trace_id, CLIENT if service == CLIENT else name] += 1
            if service == CLIENT:
                status = [one for one in Span.FromString(raw).attributes if one.key == "http.response.status_code"]
                (answered if status else unanswered).add(trace_id)
        noted = store.execute("SELECT name FROM sqlite_master WHERE name = 'deleted'").fetchone()
        deleted = Counter(store.execute("SELECT trace_id, name FROM deleted").fetchall()) if noted else Counter()
    logged = dict(_logged(lab))
    for trace_id in set(trace_ids) - answered - unanswered:     # without a client span the service's log tells, and when
        if logged.get(trace_id, float("inf")) < timeout_ms:
            answered.add(trace_id)
    wanted = [(trace_id, name) for trace_id in trace_ids if trace_id in answered for name in TRACE]
    wanted += [(trace_id, CLIENT) for trace_id in trace_ids]
    missing = [span for span in wanted if not found[span]]
    names = {CLIENT: "POST"}
    return Truth(
        len(answered & set(trace_ids)), run["requests"]["errors"].get("connection refused", 0),
        sum(name == CLIENT for _, name in missing), len(missing),
        sum(deleted[trace_id, names.get(name, name)] > 0 for trace_id, name in missing),
    )


def _await_first(driver: Driver, before: int) -> float:
    """When the first client span has arrived; probes have none."""
    wait_until(lambda: count_of(driver, CLIENT_SPANS) > before)
    return time.monotonic()


def _at(after_s: float, begun: float) -> None:
    time.sleep(max(begun + after_s - time.monotonic(), 0.0))


def _kill(name: str, *, restart: bool) -> Any:
    def fault(lab: Lab, after_s: float, begun: float) -> None:
        _at(after_s, begun)
        lab.process(name).kill()
        if restart:
            lab.driver.run("up", code=None, timeout=120)
    return fault


def _stop(name: str, for_s: float) -> Any:
    def fault(lab: Lab, after_s: float, begun: float) -> None:
        _at(after_s, begun)
        with suppress(psutil.NoSuchProcess):            # the other fault has killed it
            lab.process(name).send_signal(signal.SIGSTOP)
            time.sleep(for_s)
            lab.process(name).send_signal(signal.SIGCONT)
    return fault


def _cut(lab: Lab, after_s: float, begun: float) -> None:
    _at(after_s, begun)
    for _ in range(3):
        lab.proxy.cut()
        time.sleep(0.3)


def _nothing(*_: object) -> None:
    """It is set up before the run."""


FAULTS: dict[str, Any] = {
    "collector killed": _kill("collector", restart=False), "collector restarted": _kill("collector", restart=True),
    "viewer killed": _kill("viewer", restart=True),
    "service killed": _kill("service", restart=False), "collector stopped": _stop("collector", 1.5),
    "viewer stopped": _stop("viewer", 1.5), "service stopped": _stop("service", 0.8), "connections cut": _cut,
    "rows deleted": _nothing, "time-outs": _nothing,
}


def _sql(lab: Lab, *statements: str) -> None:
    with suppress(sqlite3.OperationalError), sqlite3.connect(store_of(lab.driver), timeout=20) as store:
        for statement in statements:
            store.execute(statement)
