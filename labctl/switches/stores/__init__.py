"""How long the lab's stores keep telemetry."""
