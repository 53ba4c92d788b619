"""The inference service of the lab: one linear model behind HTTP, with traces, metrics and logs.

It never imports `labctl`; only `service.distro` and `service.exporters` import the OpenTelemetry
SDK, everything else uses the API.
"""

__version__ = "0.1.0"
