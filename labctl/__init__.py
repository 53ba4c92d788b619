"""labctl: runs an AI inference service with real OpenTelemetry, load-tests it, and explains slow requests."""

import time

__version__ = "0.1.0"
DISTRIBUTION = "otel-inference-lab"     # the name on PyPI; `labctl` is another project there

BEGUN = time.monotonic()                # when this program began
