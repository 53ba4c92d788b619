"""Requests are slow."""

from typing import Final

from labctl.changes import EnvironmentChange
from labctl.faults.catalogue.edits import cpu
from labctl.faults.fault import FaultRow, fault

FAULTS: Final = (
    fault("slow-step", FaultRow.LATENCY, "why the median says nothing about the slowest one in a hundred",
          EnvironmentChange("service", {"SLOW_SPAN": "format_response:1%:900ms"})),
    fault("slow-model", FaultRow.LATENCY, "how to find the span where the time goes",
          EnvironmentChange("service", {"DEFAULT_LATENCY_MS": "1800"})),
    fault("busy-model", FaultRow.LATENCY, "the difference between waiting and computing",
          EnvironmentChange("service", {"MODEL_WORK": "cpu", "DEFAULT_LATENCY_MS": "400"})),
    fault("cpu-limit", FaultRow.LATENCY, "what the kernel does to a container that has used up its share",
          EnvironmentChange("service", {"MODEL_WORK": "cpu"}), cpu("100m")),
)
