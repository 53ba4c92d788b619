"""The screens about traces, metrics and log lines."""
