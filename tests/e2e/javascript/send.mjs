// Sends a span, a metric and a log record with each of OpenTelemetry's OTLP/HTTP exporters for JavaScript: node send.mjs URL
import { logs } from "@opentelemetry/api-logs";
import { OTLPLogExporter as LogsJSON } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as LogsProto } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPMetricExporter as MetricsJSON } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as MetricsProto } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter as TracesJSON } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as TracesProto } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";

const url = process.argv[2];
const variants = {
  json: [TracesJSON, MetricsJSON, LogsJSON, "none"], json_gzip: [TracesJSON, MetricsJSON, LogsJSON, "gzip"],
  protobuf: [TracesProto, MetricsProto, LogsProto, "none"], protobuf_gzip: [TracesProto, MetricsProto, LogsProto, "gzip"],
};

for (const [name, [Traces, Metrics, Logs, compression]] of Object.entries(variants)) {
  const resource = resourceFromAttributes({ "service.name": name });
  const to = (path) => ({ url: `${url}/v1/${path}`, compression });
  const tracing = new BasicTracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor(new Traces(to("traces")))] });
  const reader = new PeriodicExportingMetricReader({ exporter: new Metrics(to("metrics")), exportIntervalMillis: 3600000 });
  const metering = new MeterProvider({ resource, readers: [reader] });
  const processor = new SimpleLogRecordProcessor({ exporter: new Logs(to("logs")) });
  const logging = new LoggerProvider({ resource, processors: [processor] });

  const span = tracing.getTracer("case").startSpan("from JavaScript", { attributes: { list: [1, 2], ratio: 0.5, yes: true } });
  span.addEvent("said", { what: "hello" });
  span.end();
  metering.getMeter("case").createHistogram("took", { unit: "ms" }).record(42);
  metering.getMeter("case").createCounter("hits").add(3);
  logging.getLogger("case").emit({ body: { said: "hello" }, severityText: "INFO" });

  await tracing.forceFlush();
  await metering.forceFlush();
  await logging.forceFlush();
  await Promise.all([tracing.shutdown(), metering.shutdown(), logging.shutdown()]);
}
