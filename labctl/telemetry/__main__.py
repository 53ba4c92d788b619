"""`python -m labctl.telemetry`: the viewer as a process.

It listens on HTTP first, because importing gRPC takes longer than all the rest of its start.
"""

import argparse
import signal
import sys
import threading
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import NoReturn

from labctl.telemetry.http.server import Answerer, Asked, Problem, Reply, listen
from labctl.telemetry.query.api import App
from labctl.telemetry.receive import collector_ports
from labctl.telemetry.receive.intake import Intake
from labctl.telemetry.receive.otlp_http import RECEIVED, receive
from labctl.telemetry.store.store import Bounds, Store

PORT_TAKEN = 3


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m labctl.telemetry", description="Receives OTLP, keeps it, answers queries.")
    parser.add_argument("--db", type=Path, required=True, help="the store's file")
    parser.add_argument("--http", required=True, metavar="HOST:PORT", help="queries and OTLP/HTTP")
    parser.add_argument("--grpc", required=True, metavar="HOST:PORT", help="OTLP/gRPC")
    parser.add_argument("--otlp-grpc", metavar="HOST:PORT", help="the collector's ports, where there is no collector")
    parser.add_argument("--otlp-http", metavar="HOST:PORT")
    parser.add_argument("--metrics", metavar="HOST:PORT")
    parser.add_argument("--health", metavar="HOST:PORT")
    parser.add_argument("--max-bytes", type=int, default=1 << 30)
    parser.add_argument("--max-age", type=float, default=86400, metavar="SECONDS")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    store = Store(options.db, Bounds(options.max_bytes, options.max_age), _say)
    intake = Intake(store, show=options.otlp_grpc is not None)
    app = App(store, intake)
    servers = [_listen(options.http, app)]
    servers += [_listen(address, answer) for address, answer in _of_the_collector(options, intake) if address]
    from labctl.telemetry.receive import grpc_server

    try:
        rpc = grpc_server.serve(intake, [address for address in (options.grpc, options.otlp_grpc) if address])
    except RuntimeError as error:
        _refuse(str(error))
    app.ready = lambda: True
    _say(f"listening on {options.http} (queries, OTLP/HTTP) and {options.grpc} (OTLP/gRPC), store {options.db}")
    threading.Thread(target=_warm, daemon=True).start()
    stopped.wait()
    for server in servers:
        server.shutdown()
    rpc.stop(0.3).wait()
    store.close()


def _of_the_collector(options: argparse.Namespace, intake: Intake) -> list[tuple[str | None, Answerer]]:
    return [
        (options.otlp_http, partial(_otlp_only, intake)),
        (options.metrics, partial(collector_ports.metrics, intake)),
        (options.health, collector_ports.health),
    ]


def _otlp_only(intake: Intake, asked: Asked) -> Reply:
    if asked.target in RECEIVED:
        return receive(intake, RECEIVED[asked.target], asked)
    raise Problem(404, "OTLP is taken at /v1/traces, /v1/metrics and /v1/logs")


def _listen(address: str, answer: Answerer) -> ThreadingHTTPServer:
    host, _, port = address.rpartition(":")
    try:
        server = listen(host.strip("[]"), int(port), answer)
    except (OSError, ValueError) as error:
        _refuse(f"{address} cannot be listened on: {error}")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


def _warm() -> None:
    """Import what the first query and the first JSON request need, while nobody waits for it."""
    import google.protobuf.json_format  # noqa: F401 - imported to be there
    import opentelemetry.proto.collector.logs.v1.logs_service_pb2
    import opentelemetry.proto.collector.metrics.v1.metrics_service_pb2
    import opentelemetry.proto.collector.trace.v1.trace_service_pb2  # noqa: F401


def _say(text: str) -> None:
    from datetime import UTC, datetime

    print(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}Z\tinfo\tviewer\t{text}", file=sys.stderr, flush=True)


def _refuse(text: str) -> NoReturn:
    _say(text)
    # the store's writer would keep the process alive
    import os

    os._exit(PORT_TAKEN)


if __name__ == "__main__":
    main()
