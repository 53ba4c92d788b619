"""The commands about traces, metrics, log lines and usage."""
