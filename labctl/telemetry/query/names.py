"""Names for OTLP's numbers of a span's kind and status; `unknown` for numbers that OTLP does not define."""

KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUSES = ("unset", "ok", "error")
UNKNOWN = "unknown"


def kind_name(number: int) -> str:
    return KINDS[number] if 0 <= number < len(KINDS) else UNKNOWN


def status_name(number: int) -> str:
    return STATUSES[number] if 0 <= number < len(STATUSES) else UNKNOWN
