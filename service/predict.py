"""What happens to a prediction request: read, validate, infer, format, and one log line at the end."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service import body, model, validate
from service.problem import Problem
from service.settings import Settings
from service.telemetry import Outcome, Telemetry, now_ms, trace_id

logger = logging.getLogger("service.predict")


@dataclass(frozen=True, slots=True)
class PredictionRoute:
    """The differences of the two routes: how a request's body is parsed, and how the predictions are written."""

    path: str
    parse_rows: Callable[[bytes], list[validate.Row]]
    answer: Callable[[list[float]], dict[str, Any]]


class Predictor:
    """The handlers of /predict and /predict/batch."""

    def __init__(self, settings: Settings, telemetry: Telemetry) -> None:
        self._settings = settings
        self._telemetry = telemetry
        self._model = model.Model(settings.latency_ms, settings.latency_jitter, settings.model_work)
        self._single = PredictionRoute("/predict", validate.single_row, lambda values: {"prediction": values[0]})
        self._batch = PredictionRoute(
            "/predict/batch", lambda body: validate.batch(body, settings.max_batch_size), lambda values: {"predictions": values})

    async def predict(self, request: Request) -> Response:
        """One prediction: the sum of the features."""
        return await self._handle(request, self._single)

    async def predict_batch(self, request: Request) -> Response:
        """One prediction per row."""
        return await self._handle(request, self._batch)

    async def _handle(self, request: Request, route: PredictionRoute) -> Response:
        started = now_ms()
        self._telemetry.active += 1
        outcome = Outcome(route.path, 500, "internal_error")
        try:
            response, outcome = await self._answer(request, route)
        except Problem as problem:
            response, outcome = problem.response(), Outcome(route.path, problem.status, problem.kind)
        finally:
            self._telemetry.active -= 1
            self._finish(outcome, now_ms() - started)
        return response

    async def _answer(self, request: Request, route: PredictionRoute) -> tuple[Response, Outcome]:
        with self._telemetry.step("validate_input"):
            rows = route.parse_rows(await body.read(request, self._settings.receive_timeout_s))
            await self._disturb("validate_input")
        with self._telemetry.step("model_inference") as step:
            step.describe_input(rows)
            started = now_ms()
            values = validate.finite(await self._model.predict(rows))
            await self._disturb("model_inference")
            latency_ms = now_ms() - started
        with self._telemetry.step("format_response"):
            response = _format(route.answer(values), latency_ms)
            await self._disturb("format_response")
        return response, Outcome(route.path, 200, "", len(values), latency_ms)

    async def _disturb(self, step: str) -> None:
        """Make it slow, or fail, where the settings say so."""
        if self._settings.slow_span is not None:
            await self._settings.slow_span.delay(step)
        if self._settings.failing_span is not None and self._settings.failing_span.fails(step):
            raise Problem(500, "step_failed", f"the step {step} failed")

    def _finish(self, outcome: Outcome, duration_ms: float) -> None:
        self._telemetry.record(outcome, duration_ms)
        fields = {"http.route": outcome.route, "http.response.status_code": outcome.status,
                  "latency_ms": round(outcome.inference_ms, 3), "duration_ms": round(duration_ms, 3)}
        if outcome.error:
            fields["error.type"] = outcome.error
        logger.info("prediction answered", extra=fields)


def _format(answer: dict[str, Any], latency_ms: float) -> Response:
    answer |= {"model_name": model.NAME, "latency_ms": round(latency_ms, 3), "trace_id": trace_id()}
    return Response(json.dumps(answer), media_type="application/json")
