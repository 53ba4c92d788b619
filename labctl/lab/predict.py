"""One prediction with the trace that it left behind."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labctl.errors import LabError
from labctl.lab import canary
from labctl.model import Endpoints
from labctl.telemetry.trace import Trace


@dataclass(frozen=True, slots=True)
class Prediction:
    answer: Mapping[str, Any]           # the service's
    trace_id: str
    trace: Trace | None                 # None: it has not arrived yet

    def as_json(self) -> dict[str, Any]:
        return {**self.answer, "trace_id": self.trace_id, "trace": self.trace.as_json() if self.trace else None}


def predict(endpoints: Endpoints, features: Sequence[float]) -> Prediction:
    """Raises LabError with the service's own words where it refuses."""
    # NaN and the infinities are passed on unchanged: the service's answer to them is of interest
    call = canary.call(endpoints.service, json.dumps({"features": features}).encode())
    canary.export(call, endpoints.service, endpoints.otlp_http)
    document = call.answer.document()
    if call.answer.status != canary.OK:
        title = document.field("title").text("")
        raise LabError(f"the service answered {call.answer.status}: {title}", detail=json.dumps(document.value, indent=2))
    fields = document.fields()
    if "prediction" not in fields:
        raise document.wrong("a prediction", "labctl status")
    return Prediction(dict(document.value), call.trace_id, canary.arrived(endpoints, call))
