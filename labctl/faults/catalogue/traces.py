"""Traces do not appear, or not whole."""

from typing import Final

from labctl.changes import ConfigurationChange, EnvironmentChange, NotRunning, ProgramBeside, Suspended
from labctl.faults.catalogue.edits import add, replaced, with_other_port
from labctl.faults.fault import FaultRow, fault

_TRACES: Final = "/service/pipelines/traces"
_LOCKS_THE_STORE: Final = (
    "import sqlite3, sys, time; store = sqlite3.connect(sys.argv[1], isolation_level=None); "
    "store.execute('BEGIN IMMEDIATE'); time.sleep(1e6)"
)

FAULTS: Final = (
    fault("sdk-disabled", FaultRow.TRACES, "the one switch that overrides every other setting of an SDK",
          EnvironmentChange("service", {"OTEL_SDK_DISABLED": "true"})),
    fault("no-exporter", FaultRow.TRACES, "that making a span and sending it are two things",
          EnvironmentChange("service", {"OTEL_TRACES_EXPORTER": "none"})),
    fault("sampler-off", FaultRow.TRACES, "who decides whether a request is traced, and when",
          EnvironmentChange("service", {"OTEL_TRACES_SAMPLER": "always_off"})),
    fault("rare-sampling", FaultRow.TRACES, "what is left after sampling, and what becomes of the parent's decision",
          EnvironmentChange("service", {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.001"})),
    fault("propagator", FaultRow.TRACES, "what carries a trace from one process to the next",
          EnvironmentChange("service", {"OTEL_PROPAGATORS": "baggage"})),
    fault("small-queue", FaultRow.TRACES, "where spans wait, and which are dropped when there is no room",
          EnvironmentChange("service", {"OTEL_BSP_MAX_QUEUE_SIZE": "1", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1",
                                        "OTEL_BSP_SCHEDULE_DELAY": "5000"})),
    fault("late-export", FaultRow.TRACES, "the time between a span's end and its export",
          EnvironmentChange("service", {"OTEL_BSP_SCHEDULE_DELAY": "600000"})),
    fault("collector-filter", FaultRow.TRACES, "that a pipeline can do more than forward, and which counter shows it",
          ConfigurationChange("collector", (
              add("/processors/filter", {"error_mode": "ignore", "traces": {"span": ['kind.string == "Internal"']}}),
              add(f"{_TRACES}/processors/-", "filter"),
          ))),
    fault("collector-sampling", FaultRow.TRACES, "how a decision after the fact differs from one at the start",
          ConfigurationChange("collector", (
              add("/processors/probabilistic_sampler", {"sampling_percentage": 0.1}),
              add(f"{_TRACES}/processors/-", "probabilistic_sampler"),
          ))),
    fault("slow-batch", FaultRow.TRACES, "what a collector waits for before it sends",
          ConfigurationChange("collector", (
              replaced("/processors/batch/timeout", "10m"), replaced("/processors/batch/send_batch_size", 100_000),
          ))),
    fault("debug-only", FaultRow.TRACES, "how to follow a pipeline to its end",
          EnvironmentChange("collector", {"EXPORTERS": "[debug]"})),
    fault("viewer-address", FaultRow.TRACES, "which counter shows that a collector accepts more than it can send",
          EnvironmentChange("collector", {"VIEWER_ENDPOINT": with_other_port})),
    fault("viewer-gone", FaultRow.TRACES, "how long a collector keeps what its backend does not take", NotRunning("viewer")),
    fault("viewer-suspended", FaultRow.TRACES, "what a timeout tells you that a refusal does not", Suspended("viewer")),
    fault("locked-store", FaultRow.TRACES, "what a backend says when it cannot write, and to whom",
          ProgramBeside(("{python}", "-c", _LOCKS_THE_STORE, "{state}/viewer.db"))),
)
