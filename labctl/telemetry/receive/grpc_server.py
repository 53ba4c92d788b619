"""OTLP over gRPC: a request is answered once its content is committed.

Subtle: gRPC itself would inflate a compressed message completely, a megabyte into a gigabyte, before its size is checked. So
its decompression is turned off, and messages are inflated here, within the same limits as HTTP bodies. Method names are those
of opentelemetry-proto's collector services.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import grpc

from labctl.telemetry.http.body import Budget, inflated, is_compressed, sliced
from labctl.telemetry.http.messages import HTTPProblem
from labctl.telemetry.otlp import answer
from labctl.telemetry.otlp.batch import Malformed
from labctl.telemetry.otlp.decode import decode
from labctl.telemetry.receive.intake import Intake

SERVICES = {"traces": "trace.v1.TraceService", "metrics": "metrics.v1.MetricsService", "logs": "logs.v1.LogsService"}
MOST_BYTES = 32 << 20                   # of one message as it is sent
WORKERS = 8


def serve(intake: Intake, budget: Budget, addresses: list[str]) -> grpc.Server:
    """A started server. Raises RuntimeError when it cannot listen on an address."""
    options = [
        ("grpc.max_receive_message_length", MOST_BYTES), ("grpc.so_reuseport", 0), ("grpc.enable_per_message_decompression", 0),
        ("grpc.http2.bdp_probe", 0),            # else flow-control windows grow, and messages pile up in memory
    ]
    server = grpc.server(ThreadPoolExecutor(WORKERS, thread_name_prefix="grpc"), options=options)
    for signal, name in SERVICES.items():
        handler = grpc.unary_unary_rpc_method_handler(partial(_export, intake, budget, signal))
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(f"opentelemetry.proto.collector.{name}", {"Export": handler}),),
        )
    for address in addresses:
        server.add_insecure_port(address)
    server.start()
    return server


def _export(intake: Intake, budget: Budget, signal: str, body: bytes, context: grpc.ServicerContext) -> Any:
    try:
        with budget.share() as share:
            whole = inflated(sliced(body), share) if is_compressed(body) else body
            batch = intake.take(signal, "grpc", partial(decode, signal, whole))
            return answer.as_protobuf(batch)
    except Malformed as error:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
    except HTTPProblem as error:
        passing = error.status == 503  # noqa: PLR2004 - as HTTP has it
        context.abort(grpc.StatusCode.UNAVAILABLE if passing else grpc.StatusCode.INVALID_ARGUMENT, error.title)
    except Exception as error:  # noqa: BLE001 - the sender is told to try again, whatever it was
        context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
