"""Telemetry as files for people: what `labctl save` writes, and `labctl view` shows without a lab."""
