"""The service as an ASGI application: `create_app`, and `app` for servers that want a name.

FastAPI's own telemetry makes the server span; the contrib middleware would make three spans more for each request.
"""

import gc
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any

from fastapi import FastAPI
from starlette.responses import JSONResponse

from service import __version__, jsonlog, openapi, problem, settings, telemetry
from service.predict import Predictor
from service.settings import Settings
from service.telemetry import Telemetry

logger = logging.getLogger("service")
PROBES = frozenset({"/health", "/ready"})


class Phase(Enum):
    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


def create_app(chosen: Settings) -> FastAPI:
    app = Documented(title=chosen.service_name, version=__version__, lifespan=lifespan, redirect_slashes=False, telemetry={
        "operation_spans": False, "metrics": False, "logs": False, "auto_configure": False, "exclude": is_probe})
    app.state.settings = chosen
    app.state.phase = Phase.STARTING
    predictor = Predictor(chosen, Telemetry())
    probes = Probes(app)
    app.add_api_route("/health", probes.health, methods=["GET"])
    app.add_api_route("/ready", probes.ready, methods=["GET"])
    # plain routes: their handlers read the body themselves, and FastAPI's dependency machinery costs as much as they do
    app.add_route("/predict", predictor.predict, methods=["POST"])
    app.add_route("/predict/batch", predictor.predict_batch, methods=["POST"])
    problem.install(app)
    return app


def is_probe(scope: Mapping[str, Any]) -> bool:
    return scope.get("path") in PROBES


class Documented(FastAPI):
    """FastAPI describes the routes that it reads itself; the others are described by hand."""

    def openapi(self) -> dict[str, Any]:
        schema = super().openapi()
        schema["paths"] |= openapi.PATHS
        return schema


class Probes:
    """Liveness and readiness; neither is traced or counted."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        settled: Settings = app.state.settings
        self._health = {"status": "ok", "env": settled.app_env, "tracing_enabled": telemetry.enabled()}

    async def health(self) -> JSONResponse:
        return JSONResponse(self._health)

    async def ready(self) -> JSONResponse:
        phase: Phase = self._app.state.phase
        return JSONResponse({"status": phase.value}, 200 if phase is Phase.READY else 503)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    chosen: Settings = app.state.settings
    jsonlog.install()
    announce(chosen)
    # what was imported lives as long as the process: keep the garbage collector away from it, and let it run less often
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    app.state.phase = Phase.READY
    yield
    app.state.phase = Phase.DRAINING
    telemetry.shut_down(chosen.flush_timeout_s)


def announce(chosen: Settings) -> None:
    if telemetry.enabled():
        logger.info("OpenTelemetry initialized")
        logger.info("Exporting to: %s", chosen.otlp_endpoint)
    logger.info("Tracing enabled: %s", str(telemetry.enabled()).lower())


app = create_app(settings.load_or_exit())
