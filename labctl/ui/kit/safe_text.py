"""Text from elsewhere (span names, log lines, errors) made safe for a terminal.

Telemetry can be sent by anyone who reaches the port: an escape sequence in a span's name must not move the cursor.
"""


def visible(value: object) -> str:
    """`str(value)` in one line: white space becomes a space, any other character that does not print becomes `�`."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else " " if char.isspace() else "\ufffd" for char in text)
