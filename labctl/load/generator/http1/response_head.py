"""The bytes of a response's head: where it ends, what it says of the body, and heads that are odd but must or may be accepted.

The parser accepts folded fields, a space before a colon, line feeds alone, and spaces behind the size of a chunk. What it
refuses although RFC 9110 and RFC 9112 let a client accept it is mended here, before it is parsed again.
"""

import re
from typing import Final

MAX_HEAD_BYTES: Final = 1 << 18         # of a response's head; as much as browsers take
_END: Final = re.compile(rb"\r?\n\r?\n")
_LENGTH: Final = re.compile(rb"\ncontent-length:[ \t]*(\d+)[ \t]*\r?\n", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\ntransfer-encoding:[^\r\n]*chunked[ \t]*\r?\n", re.IGNORECASE)
_FRAMING: Final = re.compile(rb"\n(content-length|transfer-encoding)[ \t]*:([^\r\n]*)", re.IGNORECASE)
_LOCATION: Final = re.compile(rb"\nlocation:[ \t]*([^\r\n]+)", re.IGNORECASE)
_INTERIM: Final = re.compile(rb"HTTP/\d\.\d 1(?!01)\d\d")           # announces another response; 101 is the last one in HTTP


def split(response: bytes) -> tuple[bytes, bytes]:
    """The final response's head, without the 1xx before it, and what follows; an empty head: its end has not come."""
    end = _END.search(response)
    while end and _INTERIM.match(response):
        response = response[end.end():]
        end = _END.search(response)
    return (response[:end.end()], response[end.end():]) if end else (b"", response)


def whole(response: bytes) -> bytes:
    """The head, if what follows is as long as it says and so a whole body; else nothing."""
    head, body = split(response)
    length = _LENGTH.search(head)
    as_said = len(body) == (int(length[1]) if length else 0) and not _CHUNKED.search(head)
    return head if as_said and response.startswith(head) else b""


def ends_with_the_connection(response: bytes) -> bool:
    """Whether it has a whole head that names no length of the body (RFC 9112, 6.3)."""
    head, _ = split(response)
    return bool(head) and not _LENGTH.search(head) and not _CHUNKED.search(head)


def location(response: bytes) -> bytes:
    """Where a redirect leads; empty where it does not say."""
    found = _LOCATION.search(split(response)[0])
    return found[1].strip() if found else b""


def mended(response: bytes) -> bytes | None:
    """With the one length that counts of those that it has; None where there is nothing to mend, or no way to.

    Of equal lengths one is kept (RFC 9110, 8.6), and of a length beside chunks the chunks (RFC 9112, 6.3).
    """
    head, body = split(response)
    lengths, codings = _values(head, b"content-length"), _values(head, b"transfer-encoding")
    if len(lengths) + bool(codings) <= 1:
        return None
    if codings not in ([], [b"identity"]):              # which said nothing, in RFC 2616
        framing = b"\ntransfer-encoding: " + b", ".join(codings)
    elif len(set(lengths)) == 1 and lengths[0].isdigit():
        framing = b"\ncontent-length: " + lengths[0]
    else:
        return None
    return _FRAMING.sub(b"\nx-mended:", head).replace(b"\nx-mended:", framing, 1) + body


def _values(head: bytes, wanted: bytes) -> list[bytes]:
    fields = (value for name, value in _FRAMING.findall(head) if name.lower() == wanted)
    return [part.strip().lower() for value in fields for part in value.split(b",")]


def may_be_mended(response: bytes) -> bool:
    """Whether the rest of a head that the parser refuses is worth waiting for."""
    return len(response) < MAX_HEAD_BYTES and not _END.search(response) and bool(_FRAMING.search(response))
