"""The collector crashes, or refuses."""

from typing import Final

from labctl.changes import ConfigurationChange, PatchOperation
from labctl.faults.catalogue.edits import add, memory, replaced
from labctl.faults.fault import FaultRow, fault

FAULTS: Final = (
    fault("unknown-key", FaultRow.CRASH, "how to find the one wrong word in a long configuration",
          ConfigurationChange("collector", (add("/receivers/otlp/protocols/grpc/max_recv_msg_size", 8),))),
    fault("retired-exporter", FaultRow.CRASH, "that a configuration belongs to a version of the program",
          ConfigurationChange("collector", (
              add("/exporters/logging", {"verbosity": "basic"}), replaced("/service/pipelines/logs/exporters", ["logging"]),
          ))),
    fault("undefined-processor", FaultRow.CRASH, "the two places where a part of a pipeline has to be named",
          ConfigurationChange("collector", (add("/service/pipelines/traces/processors/1", "attributes/team"),))),
    fault("memory-limiter", FaultRow.CRASH, "what a collector does when it is short of memory, and who is told",
          ConfigurationChange("collector", (
              PatchOperation("remove", "/processors/memory_limiter/limit_percentage"),
              PatchOperation("remove", "/processors/memory_limiter/spike_limit_percentage"),
              add("/processors/memory_limiter/limit_mib", 4), add("/processors/memory_limiter/spike_limit_mib", 1),
          ))),
    fault("memory-limit", FaultRow.CRASH, "who kills a container that uses too much, and where that is recorded",
          memory("10Mi")),
)
