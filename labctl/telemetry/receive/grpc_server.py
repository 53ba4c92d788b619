"""OTLP over gRPC: a request is answered once its content is committed.

Subtle: gRPC itself would inflate a compressed message completely, a megabyte into a gigabyte, before its size is checked. So
its decompression is turned off, and messages are inflated here, within the same limits as HTTP bodies. Method names are those
of opentelemetry-proto's collector services.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import grpc

from labctl.telemetry.http.body import Budget, inflated, is_compressed, sliced
from labctl.telemetry.http.guard import Guard
from labctl.telemetry.http.messages import HTTPProblem
from labctl.telemetry.otlp import answer
from labctl.telemetry.otlp.batch import Malformed
from labctl.telemetry.otlp.decode import decode
from labctl.telemetry.receive.intake import Intake

if TYPE_CHECKING:
    from labctl.telemetry.http.tls import TlsFiles

SERVICES = {"traces": "trace.v1.TraceService", "metrics": "metrics.v1.MetricsService", "logs": "logs.v1.LogsService"}
MOST_BYTES = 8 << 20                    # of one message as it is sent
WORKERS = 32                            # a message that trickles takes one of them until its connection is too old
TOO_MANY = 429                          # the HTTP status where the budget is used up
HANDSHAKE_MS = 8000                     # for HTTP/2's preface and settings
SILENCE_MS, PONG_MS = 4000, 5000        # after which a silent client is pinged, and then closed unless it answers
IDLE_MS = 75_000                        # for a client that answers pings and sends nothing
AGE_MS, LAST_CALLS_MS = 60_000, 8000    # a client is asked to connect anew; what runs then has so long to end
MOST_CONNECTIONS = 512                  # of each address; more are refused until silent ones have been closed
MOST_STREAMS = 128                      # of one connection


def serve(intake: Intake, budget: Budget, addresses: list[str], guard: Guard, tls: "TlsFiles | None" = None) -> grpc.Server:
    """A started server. Raises RuntimeError when it cannot listen on an address."""
    options = [
        ("grpc.max_receive_message_length", MOST_BYTES), ("grpc.so_reuseport", 0), ("grpc.enable_per_message_decompression", 0),
        ("grpc.http2.bdp_probe", 0),            # else flow-control windows grow, and messages pile up in memory
        ("grpc.server_handshake_timeout_ms", HANDSHAKE_MS), ("grpc.keepalive_time_ms", SILENCE_MS),
        ("grpc.keepalive_timeout_ms", PONG_MS), ("grpc.http2.ping_timeout_ms", PONG_MS),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.max_connection_idle_ms", IDLE_MS), ("grpc.max_connection_age_ms", AGE_MS),
        ("grpc.max_connection_age_grace_ms", LAST_CALLS_MS), ("grpc.max_allowed_incoming_connections", MOST_CONNECTIONS),
        ("grpc.max_concurrent_streams", MOST_STREAMS),
    ]
    workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="grpc")
    server = grpc.server(workers, options=options, interceptors=[_Guarded(guard)] if guard.tokens else [])
    for signal, name in SERVICES.items():
        handler = grpc.unary_unary_rpc_method_handler(partial(_export, intake, budget, signal))
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(f"opentelemetry.proto.collector.{name}", {"Export": handler}),),
        )
    for address in addresses:
        if tls:
            server.add_secure_port(address, _credentials(tls))
        else:
            server.add_insecure_port(address)
    server.start()
    return server


def _credentials(tls: "TlsFiles") -> grpc.ServerCredentials:
    """Read again for a connection that begins after the files have changed."""
    stamps = [tls.stamp()]

    def again() -> Any:
        try:
            if (stamp := tls.stamp()) == stamps[-1]:
                return None
            found = _configuration(tls)
        except OSError:
            return None                 # in the middle of an exchange
        stamps[:] = [stamp]
        return found

    return grpc.dynamic_ssl_server_credentials(_configuration(tls), again, tls.client_certificates)


def _configuration(tls: "TlsFiles") -> Any:
    pairs = [(tls.key.read_bytes(), tls.certificate.read_bytes())]
    return grpc.ssl_server_certificate_configuration(pairs, tls.authorities.read_bytes() if tls.client_certificates else None)


class _Guarded(grpc.ServerInterceptor):  # type: ignore[type-arg]
    """Refuses calls without a token that is accepted."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def intercept_service(self, continuation: Callable[[Any], Any], call: Any) -> Any:
        authorization = next((value for name, value in call.invocation_metadata if name == "authorization"), "")
        # the handshake has required a certificate
        if refusal := self._guard.refuses(str(authorization), has_certificate=True):
            return grpc.unary_unary_rpc_method_handler(partial(_refuse, refusal.value))
        return continuation(call)


def _refuse(why: str, _: bytes, context: grpc.ServicerContext) -> None:
    context.abort(grpc.StatusCode.UNAUTHENTICATED, f"refused: {why}")


def _export(intake: Intake, budget: Budget, signal: str, body: bytes, context: grpc.ServicerContext) -> Any:
    try:
        with budget.share() as share:
            whole = inflated(sliced(body), share) if is_compressed(body) else body
            batch = intake.take(signal, "grpc", partial(decode, signal, whole))
            return answer.as_protobuf(batch)
    except Malformed as error:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
    except HTTPProblem as error:
        passing = error.status == TOO_MANY
        context.abort(grpc.StatusCode.UNAVAILABLE if passing else grpc.StatusCode.INVALID_ARGUMENT, error.title)
    except Exception as error:  # noqa: BLE001 - the sender is told to try again, whatever it was
        context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
