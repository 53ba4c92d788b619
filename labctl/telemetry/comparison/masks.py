"""Sets of requests as the bits of one integer: bit k is request k. To and and count a hundred thousand takes microseconds."""

from collections.abc import Iterable, Iterator
from typing import Final

Mask = int
_ONE: Final = ord("1")


def mask_of(indexes: Iterable[int], size: int) -> Mask:
    digits = bytearray(b"0") * (size + 1)
    for index in indexes:
        digits[~index] = _ONE
    return int(digits, 2)               # the last digit is bit 0; of the ways to set many bits, the fastest


def indexes_of(mask: Mask) -> Iterator[int]:
    for byte, bits in enumerate(mask.to_bytes((mask.bit_length() + 7) // 8, "little")):
        if bits:
            yield from (byte * 8 + bit for bit in range(8) if bits >> bit & 1)


def flags(mask: Mask, size: int) -> bytearray:
    """One byte a request: 1 where it is in the set."""
    found = bytearray(size)
    for index in indexes_of(mask):
        found[index] = 1
    return found


def counts(mask: Mask, size: int, width: int) -> list[int]:
    """How many of each `width` consecutive requests are in it; `width` is a multiple of 8."""
    bits, step = mask.to_bytes((size + 7) // 8, "little"), width // 8
    return [int.from_bytes(bits[begin:begin + step], "little").bit_count() for begin in range(0, len(bits), step)]


def likeness(left: Mask, right: Mask) -> float:
    """What both have of what either has (P. Jaccard, 1901), 0 to 1."""
    either = (left | right).bit_count()
    return (left & right).bit_count() / either if either else 0.0
