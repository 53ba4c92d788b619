"""A query's words: what stands in quotes, what is negated, and where each begins, so that a mistake can be shown in its place.

Words are separated by spaces. Quotes ("…" or '…') take a text as it is, a backslash the next character, and a `-` before a word
negates it. Positions count characters.
"""

from dataclasses import dataclass
from typing import Final

from labctl.telemetry.http.messages import HTTPProblem

MOST_TEXT: Final = 1000
MOST_WORDS: Final = 20
OR: Final = "OR"
_MARKS: Final = "=!<>~"
_ESCAPED: Final = '\\"'


@dataclass(frozen=True, slots=True)
class Word:
    text: str                           # without its quotes and its `-`
    begin: int                          # of the `-`
    end: int
    negated: bool = False
    at: int = -1                        # where its operator stands in `text`; -1: it has none
    operator: str = ""
    plain: bool = True                  # nothing of it is quoted

    @property
    def key(self) -> str:
        return self.text[:max(self.at, 0)]

    @property
    def value(self) -> str:
        return self.text[self.at + len(self.operator):] if self.operator else self.text

    @property
    def is_or(self) -> bool:
        return self.plain and not self.negated and self.text == OR


class QueryProblem(HTTPProblem):
    """What is wrong with the part of a query from `begin` to `end`."""

    def __init__(self, title: str, begin: int, end: int, detail: str = "") -> None:
        super().__init__(400, title, detail, members={"begin": begin, "end": end})
        self.begin, self.end = begin, end


def words(query: str, *, unfinished: bool = False) -> list[Word]:
    """`unfinished`: a quote that is not closed ends with the text. Raises QueryProblem."""
    if len(query) > MOST_TEXT:
        raise QueryProblem(f"a query has at most {MOST_TEXT} characters", MOST_TEXT, len(query))
    found, at = list[Word](), 0
    while at < len(query):
        if query[at].isspace():
            at += 1
            continue
        word = _word(query, at, unfinished=unfinished)
        found.append(word)
        at = word.end
    if len(found) > MOST_WORDS:
        raise QueryProblem(f"a query has at most {MOST_WORDS} terms", found[MOST_WORDS].begin, len(query))
    return found


def _word(query: str, begin: int, *, unfinished: bool) -> Word:
    negated = query[begin] == "-" and begin + 1 < len(query) and not query[begin + 1].isspace()
    at, text, quote, quoted, mark, operator = begin + negated, list[str](), "", begin, -1, ""
    plain = True
    while at < len(query):
        one, after = query[at], query[at + 1:at + 2]
        if one == "\\" and after and quote != "'" and (not quote or after in _ESCAPED):
            text.append(after)
            at, plain = at + 1, False
        elif quote:
            quote = "" if one == quote else quote
            text += [one] if quote else []
        elif one in "\"'":
            quote, quoted, plain = one, at, False
        elif one.isspace():
            break
        else:
            if mark < 0 and (operator := _operator(one, after)):
                mark = len(text)
            text.append(one)
        at += 1
    if quote and not unfinished:
        raise QueryProblem("a quote is not closed", quoted, len(query))
    whole = "".join(text)
    return Word(whole, begin, at, negated, mark, whole[mark:mark + len(operator)] if mark >= 0 else "", plain)


def _operator(one: str, after: str) -> str:
    """The operator that begins with the character, or ""."""
    if one not in _MARKS or (one == "!" and after != "="):
        return ""
    return one + after if after == "=" and one in "!<>" else one


def quoted(text: str) -> str:
    """As it is written in a query."""
    if text and text[0] != "-" and not any(one.isspace() or one in "\"'\\=!<>~" for one in text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
