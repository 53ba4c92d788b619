"""How many parts a request may have: two bytes of an empty message cost a hundred bytes of memory once they are decoded.

Subtle: to count them takes a tenth of the time of decoding. So small requests are not looked at: whatever is in them, they stay
below 15 MiB.
"""

from collections.abc import Iterator
from typing import Final

from labctl.telemetry.otlp.batch import Malformed

MOST_PARTS: Final = 40_000              # of a request: resources, scopes, items, and the fields beside them
MOST_GROUPS: Final = 4096               # of a request: resources and scopes, each of which is kept until it is answered
MOST_RESOURCE_BYTES: Final = 256 << 10
MOST_ITEM_BYTES: Final = 1 << 20        # of a data point or a log record, which are decoded as a whole
MOST_SPAN_BYTES: Final = 4 << 20        # a span's encoding is stored as it is, and copied a few times on the way
MOST_JSON_VALUES: Final = 200_000       # a span with ten attributes has about a hundred
SMALL: Final = 256 << 10                # bytes of a request that is not looked at
_GROUPS, _RESOURCE, _SCOPES = 1, 1, 2   # field numbers
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5        # https://protobuf.dev/programming-guides/encoding/#structure
_MOST_VARINT_BITS = 70


def check(body: bytes) -> None:
    """Raises Malformed for an encoded request that has too many parts, or is no protobuf."""
    if len(body) <= SMALL:
        return
    try:
        for number, _ in enumerate(_parts(body), 1):
            if number > MOST_PARTS:
                raise Malformed(f"a request has at most {MOST_PARTS} resources, scopes and items: send fewer at once")
    except IndexError:
        raise Malformed("not an OTLP request: it cannot be decoded") from None


def check_groups(count: int) -> None:
    """Raises Malformed."""
    if count > MOST_GROUPS:
        raise Malformed(f"a request has at most {MOST_GROUPS} resources and scopes: send fewer at once")


def check_json(body: bytes) -> None:
    """Raises Malformed; counts what stands before or around every value."""
    if sum(map(body.count, (b",", b"[", b"{"))) > MOST_JSON_VALUES:
        raise Malformed(f"a request has at most {MOST_JSON_VALUES} values: send fewer at once")


def _parts(body: bytes) -> Iterator[None]:
    for group, begin, end in _fields(body, 0, len(body)):
        yield
        for number, first, last in _fields(body, begin, end) if group == _GROUPS else ():
            yield
            if number == _RESOURCE and last - first > MOST_RESOURCE_BYTES:
                raise Malformed(f"a resource has at most {MOST_RESOURCE_BYTES >> 10} KiB")
            if number == _SCOPES:
                yield from (None for _ in _fields(body, first, last))


def _fields(body: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, beginning and end of each field; the number of a scalar is 0. Raises IndexError where there is no field."""
    while at < end:
        tag, at = _varint(body, at)
        number, begin, wire = 0, at, tag & 7
        if wire == _BYTES:
            size, begin = _varint(body, at)
            number, at = tag >> 3, begin + size
        elif wire == _VARINT:
            _, at = _varint(body, at)
        elif wire in {_FIXED64, _FIXED32}:
            at += 8 if wire == _FIXED64 else 4
        else:
            raise IndexError(at)
        if at > end:
            raise IndexError(at)
        yield number, begin, at


def _varint(body: bytes, at: int) -> tuple[int, int]:
    """The number, and where it ends."""
    found, shift = 0, 0
    while (byte := body[at]) & 0x80 and shift < _MOST_VARINT_BITS:
        found |= (byte & 0x7F) << shift
        shift, at = shift + 7, at + 1
    return found | (byte & 0x7F) << shift, at + 1
