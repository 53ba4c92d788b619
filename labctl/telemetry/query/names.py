"""OTLP's numbers for a span's kind and status, as words."""

KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUSES = ("unset", "ok", "error")
