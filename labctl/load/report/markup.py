"""HTML that is put together from elements, so that text is escaped wherever it comes from.

Subtle: a plain string is always text. Only what `element` returns, or what the package itself wraps in `Html`, is taken as
markup, so text from a server is never interpreted as HTML.
"""

from collections.abc import Iterable, Sequence
from html import escape

_VOID = {"meta", "br"}


class Html(str):
    """A string that is markup already."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: str) -> Html:
    """`<name …>children</name>`; a trailing underscore of an attribute's name is dropped, other ones become hyphens."""
    given = "".join(f' {_name(key)}="{escape(value)}"' for key, value in attributes.items())
    return Html(f"<{name}{given}>" if name in _VOID else f"<{name}{given}>{joined(*children)}</{name}>")


def joined(*children: str) -> Html:
    return Html("".join(child if isinstance(child, Html) else escape(child, quote=False) for child in children))


def rows(head: Sequence[str], body: Iterable[Sequence[str]]) -> Html:
    """A table; the first column holds names, the others figures. Wide ones scroll on their own."""
    top = [element("thead", element("tr", *(element("th", cell, scope="col") for cell in head)))] if head else []
    lines = (element("tr", element("th", name, scope="row"), *(element("td", cell) for cell in cells)) for name, *cells in body)
    return element("div", element("table", *top, element("tbody", *lines)), class_="scroll")


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")
