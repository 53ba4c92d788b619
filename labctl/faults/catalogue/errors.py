"""Requests fail."""

from typing import Final

from labctl.changes import EnvironmentChange
from labctl.faults.fault import FaultRow, fault

FAULTS: Final = (
    fault("failing-model", FaultRow.ERRORS, "what an error rate counts, and which span of a failed request shows where it failed",
          EnvironmentChange("service", {"FAILING_SPAN": "model_inference:30%"})),
)
