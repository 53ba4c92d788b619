"""SQL conditions that find spans by trace id through the index `spans_by_trace`."""

OF_A_TRACE = "part IN (SELECT part FROM parts) AND trace_id = ?"
OF_A_RUN = "part IN (SELECT part FROM parts) AND trace_id BETWEEN ? AND ?"


def id_range(prefix: str) -> tuple[bytes, bytes]:
    """The first and the last trace id that begins with these hex digits."""
    return bytes.fromhex(prefix.ljust(32, "0")), bytes.fromhex(prefix.ljust(32, "f"))
