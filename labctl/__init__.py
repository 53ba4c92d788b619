"""labctl: an AI inference service with real OpenTelemetry around it, up, under load and explained."""

__version__ = "0.1.0"
DISTRIBUTION = "otel-inference-lab"     # what `pip install` takes; `labctl` is another project there
