"""Escapes untrusted text (span names, log lines, errors, pod names) for a terminal.

Telemetry can be sent by anyone who reaches the port: an escape sequence in a span's name must not move the cursor, and a mark
that reverses the direction of writing must not change what a line seems to say. Subtle: unprintable characters are shown instead
of dropped, so that a name cannot hide them.
"""

from typing import Final

_PICTURES: Final = 0x2400               # Unicode's pictures of the first 32 characters: ␛ for ESC, ␇ for BEL
_DELETE: Final = "\N{DELETE}"
_CONTROLS: Final = 0x20
_ONE_BYTE, _TWO_BYTES = 0x100, 0x10000


def visible(value: object) -> str:
    r"""`str(value)` in one line: a tab becomes a space; what else does not print becomes `␛`, `␊`, `\x9b` or `\u202e`."""
    text = str(value)
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(char: str) -> str:
    if char.isprintable():
        return char
    if char == "\t":
        return " "
    code = ord(char)
    if code < _CONTROLS:
        return chr(_PICTURES + code)
    if char == _DELETE:
        return "\N{SYMBOL FOR DELETE}"
    if code < _ONE_BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _TWO_BYTES else f"\\U{code:08x}"
