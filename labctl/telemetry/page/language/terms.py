"""Each term of a query as SQL over the table of spans."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from labctl.telemetry.otlp.matching import ATTRIBUTE, EVENT, EVENT_ATTRIBUTE, MESSAGE, as_number
from labctl.telemetry.page.language.words import QueryProblem, Word
from labctl.telemetry.query.ids import id_range
from labctl.telemetry.query.names import KINDS
from labctl.telemetry.store.store import Store

RESOURCE, EVENTS = "resource.", "event."
_ROOT, _KIND = "root", "kind"
COMPARISONS: Final = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_UNITS: Final = {"ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9}
_TAGS: Final = {EVENT: "5a", EVENT_ATTRIBUTE: "5a", MESSAGE: "7a"}       # the byte before each event, and before the status
_MEANT: Final = {">": "> or >=", "<": "< or <=", "~": "~", "=": "=", "!=": "!="}       # by what stands after =
_OF_RESOURCE: Final = "{resource}"      # stands in a term's SQL for its condition on the resource
_SELECTED: Final = "resource IN (SELECT id FROM resources WHERE {})"
_KNOWN: Final = "resource IN (SELECT value FROM json_each(?))"
_PARTS: Final = "= spans.part", "IN (SELECT part FROM parts)"           # a trace's spans are mostly in one
_HAS_ROOT: Final = ("EXISTS (SELECT 1 FROM spans AS root INDEXED BY spans_by_trace WHERE root.part {}"
                    " AND root.trace_id = spans.trace_id AND root.parent_id = x'' AND {})")


@dataclass(frozen=True, slots=True)
class Term:
    sql: str
    values: list[Any] = field(default_factory=list)
    decodes: bool = False               # the encodings of spans: that is a hundred times as slow
    resource: "Term | None" = None      # a condition on the table of resources, whose values come before the others

    def on_spans(self, store: Store | None) -> "Term":
        """With `store` its resources are looked up now, and not once more for each of many queries."""
        if not self.resource:
            return self
        inner, condition = self.resource, _SELECTED.format(self.resource.sql)
        values = inner.values
        if store:
            ids = [row[0] for row in store.read(f"SELECT id FROM resources WHERE {inner.sql}", values)]
            condition, values = _KNOWN, [json.dumps(ids)]
        return Term(self.sql.replace(_OF_RESOURCE, condition), [*values, *self.values], self.decodes)


def term(word: Word, *, of_roots: bool = False) -> Term:
    """`of_roots`: where only requests are looked at. Raises QueryProblem."""
    if word.operator and word.key == _ROOT and (of_roots or word.negated != (word.operator == "!=")):
        return _name_of_root(word) if of_roots else _no_root(word)
    if not word.operator:
        found = _alone(word)
    elif not word.key:
        raise QueryProblem(f"a field is missing before {word.operator}", word.begin, word.end)
    elif word.operator == "=" and word.plain and (second := next(filter(word.value.startswith, _MEANT), "")):
        raise QueryProblem(f"did you mean {_MEANT[second]}? Quote a value that begins with {second}", word.begin, word.end)
    else:
        found = FIELDS.get(word.key, _attribute)(word)
    if of_roots and word.operator and word.key == _KIND:
        found = replace(found, decodes=True)            # nor is it in the index on roots
    return replace(found, sql=f"NOT {found.sql}") if word.negated else found


def _alone(word: Word) -> Term:
    if word.plain and re.fullmatch("[0-9a-fA-F]{32}", word.text):
        return Term("trace_id = ?", [bytes.fromhex(word.text)])
    return Term("(instr(lower(name), lower(?)) > 0)", [word.text])


def _service(word: Word) -> Term:
    return Term(f"({_OF_RESOURCE})", resource=_text("service", word))


def _name(word: Word) -> Term:
    return _text("name", word)


def _name_of_root(word: Word) -> Term:
    found = _text("name", word)
    return Term(f"NOT {found.sql}", found.values) if word.negated else found


def _no_root(word: Word) -> Term:
    """Of the whole trace, so that a search for other spans leaves it out too: none of its roots has the name.

    As of attributes, `!=` asks that there is a root: one may arrive after the spans below it.
    """
    named = replace(word, text=f"{_ROOT}={word.value}", operator="=") if word.operator == "!=" else word
    found = _text("root.name", named)
    none = " AND ".join(f"NOT {_HAS_ROOT.format(part, found.sql)}" for part in _PARTS)
    some = " OR ".join(("parent_id = x''", *(_HAS_ROOT.format(part, "1") for part in _PARTS))) if not word.negated else "1"
    return Term(f"({none} AND ({some}))", [*found.values, *found.values])


def _root(word: Word) -> Term:
    inner = _text("name", word)
    return Term(f"(parent_id = x'' AND {inner.sql})", inner.values)


def _text(column: str, word: Word) -> Term:
    if word.operator == "~":
        return Term(f"(instr(lower({column}), lower(?)) > 0)", [word.value])
    if word.operator not in {"=", "!="}:
        raise QueryProblem(f"{word.key} takes =, != and ~", word.begin, word.end)
    return Term(f"({column} {COMPARISONS[word.operator]} ?)", [word.value])


def _duration(word: Word) -> Term:
    if word.operator not in COMPARISONS:
        raise QueryProblem(f"duration takes {' '.join(COMPARISONS)}", word.begin, word.end)
    return Term(f"(duration {COMPARISONS[word.operator]} ?)", [_nanoseconds(word)])


def _nanoseconds(word: Word) -> int:
    match = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)(ns|us|µs|ms|s)", word.value)
    if not match or float(match[1]) * _UNITS[match[2]] >= 1 << 63:
        raise QueryProblem("a duration is a number with a unit (ns, us, ms or s), such as 200ms", word.begin, word.end)
    return round(float(match[1]) * _UNITS[match[2]])


def _status(word: Word) -> Term:
    _one_of(word, ("ok", "error"))
    return Term(f"(error {COMPARISONS[word.operator]} ?)", [int(word.value == "error")])


def _kind(word: Word) -> Term:
    _one_of(word, KINDS)
    return Term(f"(kind {COMPARISONS[word.operator]} ?)", [KINDS.index(word.value)])


def _one_of(word: Word, known: tuple[str, ...]) -> None:
    if word.operator not in {"=", "!="} or word.value not in known:
        raise QueryProblem(f"{word.key} must be one of {', '.join(known)}", word.begin, word.end)


def _trace(word: Word) -> Term:
    if word.operator != "=" or not re.fullmatch("[0-9a-fA-F]{1,32}", word.value):
        raise QueryProblem(f"{word.key}= takes the first hex digits of trace ids", word.begin, word.end)
    return Term("(trace_id BETWEEN ? AND ?)", list(id_range(word.value)))


def _event(word: Word) -> Term:
    _without_order(word)
    return _decoded(EVENT, "", word)


def _message(word: Word) -> Term:
    _without_order(word)
    return _decoded(MESSAGE, "", word)


def _without_order(word: Word) -> None:
    if word.operator not in {"=", "!=", "~"}:
        raise QueryProblem(f"{word.key} takes =, != and ~", word.begin, word.end)


def _attribute(word: Word) -> Term:
    """Of the span or of its resource, where the key does not say of which."""
    if word.key.startswith(RESOURCE) and word.key != RESOURCE:
        return _of_resource(word.key.removeprefix(RESOURCE), word)
    if word.key.startswith(EVENTS) and word.key != EVENTS:
        return _decoded(EVENT_ATTRIBUTE, word.key.removeprefix(EVENTS), word)
    own = _decoded(ATTRIBUTE, word.key, word)
    return replace(own, sql=f"({_OF_RESOURCE} OR {own.sql})", resource=_of_resource(word.key, word).resource)


def _of_resource(key: str, word: Word) -> Term:
    return Term(f"({_OF_RESOURCE})", resource=Term("resource_has(encoded, ?, ?, ?)", [key, word.operator, word.value]))


def _decoded(what: str, key: str, word: Word) -> Term:
    """A row is decoded only where the field's tag, the key, and a text that is equal, stand in its encoding as they are."""
    texts = [one for one in (key, word.value if _is_verbatim(word) else "") if one]
    field = [f"instr(raw, x'{_TAGS[what]}')"] if what in _TAGS else []
    stands = " AND ".join([*field, *["instr(raw, CAST(? AS BLOB))"] * len(texts)])
    call = [what, key, word.operator, word.value]
    return Term(f"(CASE WHEN {stands} THEN span_has(raw, ?, ?, ?, ?) ELSE 0 END)", [*texts, *call], decodes=True)


def _is_verbatim(word: Word) -> bool:
    """Not numbers, truth values, bytes (written in hex), lists and tables."""
    value = word.value
    return word.operator == "=" and as_number(value) is None and value not in {"true", "false", "None"} \
        and not re.fullmatch("[0-9a-f]*", value) and value[:1] not in "[{"


FIELDS: Final[dict[str, Callable[[Word], Term]]] = {
    "service": _service, "name": _name, _ROOT: _root, "duration": _duration, "status": _status, _KIND: _kind, "run": _trace,
    "trace": _trace, "event": _event, "message": _message,
}
