"""OTLP over gRPC: raw bytes in, an empty answer out once they are committed.

The handlers take bytes as they are; messages are decoded by the intake alone. Method names are those of opentelemetry-proto's
collector services; an empty message is an Export…ServiceResponse without a partial success.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

from labctl.telemetry.otlp.decode import Malformed
from labctl.telemetry.receive.intake import Intake

SERVICES = {"traces": "trace.v1.TraceService", "metrics": "metrics.v1.MetricsService", "logs": "logs.v1.LogsService"}
MOST_BYTES = 64 << 20                   # of one request, inflated; the SDK's own limit for one
WORKERS = 8


def serve(intake: Intake, addresses: list[str]) -> grpc.Server:
    """A started server. Raises RuntimeError when an address cannot be had."""
    options = [("grpc.max_receive_message_length", MOST_BYTES), ("grpc.so_reuseport", 0)]
    server = grpc.server(ThreadPoolExecutor(WORKERS, thread_name_prefix="grpc"), options=options)
    for signal, name in SERVICES.items():
        handler = grpc.unary_unary_rpc_method_handler(_export(intake, signal))
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(f"opentelemetry.proto.collector.{name}", {"Export": handler}),),
        )
    for address in addresses:
        server.add_insecure_port(address)
    server.start()
    return server


def _export(intake: Intake, signal: str) -> Any:
    def export(body: bytes, context: grpc.ServicerContext) -> bytes:
        try:
            intake.take(signal, "grpc", body)
        except Malformed as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except Exception as error:  # noqa: BLE001 - the sender is told to try again, whatever it was
            context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
        return b""

    return export
