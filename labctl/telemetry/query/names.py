"""OTLP's numbers for a span's kind and status, as words; a number that OTLP does not know is `unknown`."""

KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUSES = ("unset", "ok", "error")
UNKNOWN = "unknown"


def kind_name(number: int) -> str:
    return KINDS[number] if 0 <= number < len(KINDS) else UNKNOWN


def status_name(number: int) -> str:
    return STATUSES[number] if 0 <= number < len(STATUSES) else UNKNOWN
