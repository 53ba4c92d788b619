"""`python -m labctl.telemetry`: the viewer as a process.

It listens on HTTP first, because importing gRPC takes longer than the rest of the start-up.
"""

import argparse
import gc
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from socketserver import TCPServer
from typing import TYPE_CHECKING, NoReturn

from labctl.telemetry.front import Front
from labctl.telemetry.http.body import Budget
from labctl.telemetry.http.guard import Guard, Tokens
from labctl.telemetry.http.hosts import Hosts
from labctl.telemetry.http.messages import Answerer
from labctl.telemetry.http.refusals import Refusals
from labctl.telemetry.http.server import Site, listen
from labctl.telemetry.memory import map_large_blocks
from labctl.telemetry.query.api import App
from labctl.telemetry.receive import collector_metrics_health
from labctl.telemetry.receive.intake import Intake
from labctl.telemetry.receive.otlp_http import otlp_only
from labctl.telemetry.store.retention import RetentionLimits
from labctl.telemetry.store.store import CannotOpen, Store

if TYPE_CHECKING:
    import grpc

    from labctl.telemetry.files.reading.loads import Loads
    from labctl.telemetry.http.tls import ServerTls

PORT_TAKEN, STORE_UNUSABLE, CREDENTIALS_UNUSABLE = 3, 4, 5


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m labctl.telemetry", description="Receive and store OTLP, answer queries.")
    parser.add_argument("--db", type=Path, required=True, help="the store's file")
    parser.add_argument("--temporary", action="store_true", help="remove the folder of --db at the end")
    parser.add_argument("--http", required=True, metavar="HOST:PORT", help="queries and OTLP/HTTP")
    parser.add_argument("--grpc", metavar="HOST:PORT", help="OTLP/gRPC")
    parser.add_argument("--otlp-grpc", metavar="HOST:PORT", help="the collector's OTLP port, where no collector runs")
    parser.add_argument("--otlp-http", metavar="HOST:PORT")
    parser.add_argument("--metrics", metavar="HOST:PORT")
    parser.add_argument("--health", metavar="HOST:PORT")
    parser.add_argument("--max-bytes", type=int, default=1 << 30)
    parser.add_argument("--max-age", type=float, default=86400, metavar="SECONDS", help="how long telemetry is kept")
    parser.add_argument("--host", action="append", default=[], metavar="NAME", dest="hosts",
                        help="an accepted Host name, besides this machine's own; can be repeated")
    parser.add_argument("--tls", type=Path, metavar="FOLDER", help="with tls.crt, tls.key and ca.crt; read again when changed")
    parser.add_argument("--client-certificates", action="store_true", help="require one that a CA of ca.crt has issued")
    parser.add_argument("--tokens", type=Path, metavar="FILE", help="accepted bearer tokens, one a line; read again when changed")
    parser.add_argument("--load", type=Path, action="append", default=[], metavar="FILE",
                        help="read it into the store; can be repeated")
    parser.add_argument("--announce", type=int, metavar="DESCRIPTOR",
                        help="write the port of --http there, which may be 0, and end when stdin does")
    return parser.parse_args()


@dataclass(frozen=True, slots=True)
class _Viewer:
    store: Store
    intake: Intake
    hosts: Hosts
    guard: Guard
    tls: "ServerTls | None"
    budget: Budget = field(default_factory=Budget)

    def listen(self, address: str, answer: Answerer) -> TCPServer:
        host, _, port = address.rpartition(":")
        try:
            site = Site(answer, self.hosts, self.budget, self.guard, self.tls)
            server = listen(host.strip("[]"), int(port), site)
        except (OSError, ValueError, OverflowError) as error:
            _refuse(PORT_TAKEN, f"cannot listen on {address}: {error}")
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return server

    def listen_for_grpc(self, addresses: list[str]) -> "grpc.Server | None":
        if not addresses:
            return None
        from labctl.telemetry.receive import grpc_server

        try:
            return grpc_server.serve(self.intake, self.budget, addresses, self.guard, self.tls.files if self.tls else None)
        except RuntimeError as error:
            _refuse(PORT_TAKEN, str(error))

    def collector_ports(self, options: argparse.Namespace) -> Iterator[TCPServer]:
        answerers: list[tuple[str | None, Answerer]] = [
            (options.otlp_http, partial(otlp_only, self.intake)),
            (options.metrics, partial(collector_metrics_health.metrics, self.intake)),
            (options.health, collector_metrics_health.health),
        ]
        yield from (self.listen(address, answer) for address, answer in answerers if address)


def main() -> None:
    options = arguments()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    if options.announce is not None:
        threading.Thread(target=_await_end_of_stdin, args=(stopped,), daemon=True).start()
    try:
        _run(options, stopped)
    finally:
        if options.temporary:
            import shutil

            shutil.rmtree(options.db.parent, ignore_errors=True)


def _run(options: argparse.Namespace, stopped: threading.Event) -> None:
    try:
        store = Store(options.db, RetentionLimits(options.max_bytes, options.max_age), _say)
    except CannotOpen as error:
        _refuse(STORE_UNUSABLE, str(error))
    viewer = _viewer(options, store)
    app = App(store, viewer.intake, viewer.guard)
    front = Front(app, store, viewer.intake, viewer.guard, _loads(store, options.load))
    servers = [viewer.listen(options.http, front), *viewer.collector_ports(options)]
    rpc = viewer.listen_for_grpc([address for address in (options.grpc, options.otlp_grpc) if address])
    # garbage collection would double the time of a query for a large trace, and find nothing
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    app.ready = lambda: True
    rpc_words = f" and {options.grpc} (OTLP/gRPC)" if options.grpc else ""
    _say(f"listening on {options.http} (queries, OTLP/HTTP){rpc_words}, store {options.db}")
    threading.Thread(target=_warm, daemon=True).start()
    if options.announce is not None:
        _announce(options.announce, servers[0].server_address[1])
    stopped.wait()
    for server in servers:
        server.shutdown()
    if rpc:
        rpc.stop(0.3).wait()
    store.close()


def _announce(descriptor: int, port: int) -> None:
    import os

    with os.fdopen(descriptor, "w") as file:
        print(port, file=file)


def _await_end_of_stdin(stopped: threading.Event) -> None:
    import os

    # not by way of sys.stdin, whose lock this thread would still hold at the end of the process
    while os.read(0, 1 << 10):
        pass
    stopped.set()


def _loads(store: Store, paths: Sequence[Path]) -> "Loads | None":
    if not paths:
        return None
    from labctl.telemetry.files.reading.loads import Loads

    loads = Loads(store)
    loads.open_all(paths)
    return loads


def _viewer(options: argparse.Namespace, store: Store) -> _Viewer:
    refusals = Refusals(_say)
    try:
        tokens = Tokens(options.tokens) if options.tokens else None
        tls = _tls(options, refusals) if options.tls else None
    except OSError as error:
        _refuse(CREDENTIALS_UNUSABLE, f"the certificates or tokens cannot be used: {error}")
    guard = Guard(tokens, options.client_certificates, refusals)
    hosts = Hosts(frozenset(map(str.lower, options.hosts)))
    return _Viewer(store, Intake(store, show=options.otlp_grpc is not None), hosts, guard, tls)


def _tls(options: argparse.Namespace, refusals: Refusals) -> "ServerTls":
    from labctl.telemetry.http.tls import ServerTls, TlsFiles  # imports ssl

    return ServerTls(TlsFiles(options.tls, options.client_certificates), refusals)


def _warm() -> None:
    """Set what takes a while, and import what the first query and the first JSON request need, before one arrives."""
    from labctl.telemetry.otlp import log_records, messages, metric_points  # noqa: F401
    from labctl.telemetry.otlp.json_format import requests  # noqa: F401

    messages.message("trace.v1.Span")
    map_large_blocks()


def _say(text: str) -> None:
    from datetime import UTC, datetime

    with suppress(OSError):                          # a full disk
        print(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}Z\tinfo\tviewer\t{text}", file=sys.stderr, flush=True)


def _refuse(code: int, text: str) -> NoReturn:
    _say(text)
    # the store's writer would keep the process alive
    import os

    os._exit(code)


if __name__ == "__main__":
    main()
