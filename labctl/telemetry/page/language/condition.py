"""A whole query as one condition on the table of spans."""

from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from labctl.telemetry.page.language.terms import Term, term
from labctl.telemetry.page.language.words import QueryProblem, Word, words
from labctl.telemetry.store.store import Store


@dataclass(slots=True)
class SearchCondition:
    """SQL that follows a WHERE."""

    sql: str = ""
    values: list[Any] = field(default_factory=list)
    decodes: bool = False               # the encodings of spans: that takes microseconds each

    def add(self, sql: str, *values: Any) -> None:
        self.sql += f" AND {sql}"
        self.values += values


def parsed(query: str, store: Store | None = None, *, of_roots: bool = False) -> SearchCondition:
    """For queries of `store`, if there is one. Raises QueryProblem with what is wrong, and where."""
    every = [[term(word, of_roots=of_roots) for word in alternative] for alternative in _alternatives(words(query))]
    every = [[one.on_spans(store) for one in alternative] for alternative in every]
    condition = SearchCondition(decodes=any(one.decodes for one in chain(*every)))
    if len(every) == 1:
        for one in every[0]:
            condition.add(one.sql, *one.values)
    else:
        condition.add(f"({' OR '.join(map(_all_of, every))})", *(value for one in chain(*every) for value in one.values))
    return condition


def _alternatives(found: list[Word]) -> list[list[Word]]:
    every = list[list[Word]]([[]])
    for word in found:
        if not word.is_or:
            every[-1].append(word)
        elif every[-1]:
            every.append([])
        else:
            raise QueryProblem("OR needs a term on both sides", word.begin, word.end)
    if found and not every[-1]:
        raise QueryProblem("OR needs a term on both sides", found[-1].begin, found[-1].end)
    return every


def _all_of(terms: list[Term]) -> str:
    return f"({' AND '.join(one.sql for one in terms)})"
