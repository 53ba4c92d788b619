"""The bytes of a response's head: where it ends, how the body is framed, and repair of heads that a client may accept.

The parser accepts folded fields, a space before a colon, bare line feeds, and spaces after a chunk's size. Heads that it
refuses although RFC 9110 and RFC 9112 let a client accept them are rewritten here and parsed again.
"""

import re
from typing import Final

MAX_RESPONSE_HEAD_BYTES: Final = 1 << 18         # of a response's head; as much as browsers take
_END: Final = re.compile(rb"\r?\n\r?\n")
_LENGTH: Final = re.compile(rb"\ncontent-length:[ \t]*(\d+)[ \t]*\r?\n", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\ntransfer-encoding:[^\r\n]*chunked[ \t]*\r?\n", re.IGNORECASE)
_FRAMING: Final = re.compile(rb"\n(content-length|transfer-encoding)[ \t]*:([^\r\n]*)", re.IGNORECASE)
_LOCATION: Final = re.compile(rb"\nlocation:[ \t]*([^\r\n]+)", re.IGNORECASE)
_INTERIM: Final = re.compile(rb"HTTP/\d\.\d 1(?!01)\d\d")           # announces another response; 101 is the last one in HTTP


def split(response: bytes) -> tuple[bytes, bytes]:
    """The final response's head, without 1xx responses before it, and the rest; an empty head: not complete yet."""
    end = _END.search(response)
    while end and _INTERIM.match(response):
        response = response[end.end():]
        end = _END.search(response)
    return (response[:end.end()], response[end.end():]) if end else (b"", response)


def whole(response: bytes) -> bytes:
    """The head, if the rest is as long as its content-length says; else nothing."""
    head, body = split(response)
    length = _LENGTH.search(head)
    as_said = len(body) == (int(length[1]) if length else 0) and not _CHUNKED.search(head)
    return head if as_said and response.startswith(head) else b""


def ends_with_the_connection(response: bytes) -> bool:
    """Whether the head is complete and gives no length of the body (RFC 9112, 6.3)."""
    head, _ = split(response)
    return bool(head) and not _LENGTH.search(head) and not _CHUNKED.search(head)


def location(response: bytes) -> bytes:
    """The target of a redirect; empty without one."""
    found = _LOCATION.search(split(response)[0])
    return found[1].strip() if found else b""


def mended(response: bytes) -> bytes | None:
    """The response with only the framing field that counts; None where nothing is wrong, or nothing can be repaired.

    Of equal lengths one is kept (RFC 9110, 8.6); of a length and a chunked coding the coding (RFC 9112, 6.3).
    """
    head, body = split(response)
    lengths, codings = _values(head, b"content-length"), _values(head, b"transfer-encoding")
    if len(lengths) + bool(codings) <= 1:
        return None
    if codings not in ([], [b"identity"]):              # "identity" meant no coding in RFC 2616
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
    """Whether a head that the parser refuses could be repaired once it is complete."""
    return len(response) < MAX_RESPONSE_HEAD_BYTES and not _END.search(response) and bool(_FRAMING.search(response))
