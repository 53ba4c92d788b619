"""Whether the files of certificates and the token are whole and fit each other, as the components are given them.

Subtle: what is looked at are the files. A program that has read one before may go on with it for a while.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from labctl.credentials import authority, token
from labctl.credentials.file_names import CA, CERTIFICATE, KEY, TOKEN
from labctl.model import HeldFiles

MISSING: Final = "is missing"
EMPTY: Final = "is empty"
_KINDS: Final = {
    CA: "holds no certificate of a CA", CERTIFICATE: "holds no certificate", KEY: f"is no key, or not that of {CERTIFICATE}",
    TOKEN: "holds no token",
}


@dataclass(frozen=True, slots=True)
class BrokenFile:
    holder: str
    where: str                          # the folder or the Secret that it is in
    name: str
    what: str                           # such as `is missing`


def broken(held: Iterable[HeldFiles], authorities: bytes) -> list[BrokenFile]:
    """`authorities`: the CAs of the lab that are trusted, PEM; empty where they are unknown."""
    return [BrokenFile(one.holder, one.where, name, what) for one in held for name, what in _of_holder(one, authorities)]


def _of_holder(one: HeldFiles, authorities: bytes) -> Iterator[tuple[str, str]]:
    wanted: Sequence[str] = (TOKEN,) if one.holder == TOKEN else (CA, CERTIFICATE, KEY)
    bad = [(name, what) for name in wanted if (what := _absent(one.files.get(name)) or _unreadable(name, one.files))]
    yield from bad
    if not bad and one.holder != TOKEN and authorities:
        yield from _foreign(one.files, authorities)


def _absent(content: bytes | None) -> str:
    if content is None:
        return MISSING
    return "" if content.strip() else EMPTY


def _unreadable(name: str, files: Mapping[str, bytes]) -> str:
    content = files[name]
    if name == TOKEN:
        fits: object = token.usable(content)
    elif name == KEY:
        certificate = files.get(CERTIFICATE, b"")
        fits = authority.first_of(certificate, content) or not authority.is_readable(certificate)
    else:
        fits = authority.is_readable(content)
    return "" if fits else _KINDS[name]


def _foreign(files: Mapping[str, bytes], authorities: bytes) -> Iterator[tuple[str, str]]:
    """Files that are whole, and not of this lab."""
    if not authority.belongs(files[CERTIFICATE], authorities):
        yield CERTIFICATE, "is not of the lab's CA"
    if not authority.shares(files[CA], authorities):
        yield CA, "is another CA than the lab's"
