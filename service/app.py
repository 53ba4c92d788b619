"""The service as an ASGI application: `create_app`, and `app` for servers that import it by name.

FastAPI's own telemetry makes the server span; the contrib middleware would make three spans more for each request.
"""

import gc
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from service import __version__, jsonlog, openapi, problem, telemetry
from service.predict import Predictor
from service.settings import Settings, load_or_exit
from service.telemetry import Telemetry

logger = logging.getLogger("service")
PROBES = frozenset({"/health", "/ready"})


def is_probe(scope: Mapping[str, Any]) -> bool:
    return scope.get("path") in PROBES


TELEMETRY: TelemetryConfig = {
    "operation_spans": False, "metrics": False, "logs": False, "auto_configure": False, "exclude": is_probe}


class Phase(Enum):
    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


def create_app(settings: Settings) -> FastAPI:
    predictor = Predictor(settings, Telemetry())
    probes = Probes(settings)
    # Starlette's routes, the busiest first: FastAPI's own, with their parsing of bodies and parameters, would double what a
    # request costs without telemetry
    app = App(title=settings.service_name, version=__version__, lifespan=lifespan, telemetry=TELEMETRY, routes=[
        Route("/predict", predictor.predict, methods=["POST"]),
        Route("/predict/batch", predictor.predict_batch, methods=["POST"]),
        Route("/health", probes.health),
        Route("/ready", probes.ready),
    ], redirect_slashes=False)
    app.state.settings = settings
    app.state.phase = Phase.STARTING
    problem.install(app)
    return app


class App(FastAPI):
    """FastAPI with a description of its Starlette routes."""

    def openapi(self) -> dict[str, Any]:
        schema = super().openapi()
        schema["paths"] |= openapi.paths(self.state.settings.max_batch_size)
        schema["components"] = openapi.components()
        return schema


class Probes:
    """Liveness and readiness; neither is traced or counted."""

    def __init__(self, settings: Settings) -> None:
        self._health = {"status": "ok", "env": settings.app_env, "tracing_enabled": traced(settings)}

    async def health(self, _: Request) -> JSONResponse:
        return JSONResponse(self._health)

    async def ready(self, request: Request) -> JSONResponse:
        phase: Phase = request.app.state.phase
        return JSONResponse({"status": phase.value}, 200 if phase is Phase.READY else 503)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    jsonlog.install()
    announce(settings)
    # imported objects live as long as the process, so garbage collection skips them, and can run less often
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    app.state.phase = Phase.READY
    yield
    app.state.phase = Phase.DRAINING
    jsonlog.console_only()
    if not telemetry.shut_down(settings.flush_timeout_s):
        flush_ms = settings.flush_timeout_s * 1000
        logger.warning("telemetry was lost: it was not flushed within FLUSH_TIMEOUT_MS, %.0f ms", flush_ms)


def announce(settings: Settings) -> None:
    if telemetry.enabled():
        logger.info("OpenTelemetry initialized")
    if traced(settings):
        logger.info("Exporting to: %s", settings.otlp_endpoint)
    logger.info("Tracing enabled: %s", str(traced(settings)).lower())


def traced(settings: Settings) -> bool:
    """Whether this process has a tracer provider, and no variable turns tracing off."""
    return telemetry.enabled() and settings.spans_wanted


app = create_app(load_or_exit())
