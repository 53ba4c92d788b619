"""What completes the word at the cursor, and what is wrong with the query as it is.

GET /api/page/complete?query=<text>&at=<characters before the cursor> gives
{"begin", "end": <what an item replaces>, "items": [{"text", "note"}, …], "problem": null | {"title", "begin", "end"}}
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from labctl.telemetry.page.language.condition import parsed
from labctl.telemetry.page.language.terms import EVENTS, FIELDS, RESOURCE
from labctl.telemetry.page.language.vocabulary import Vocabulary
from labctl.telemetry.page.language.words import OR, QueryProblem, Word, quoted, words
from labctl.telemetry.query.names import KINDS

MOST_ITEMS: Final = 40
NOTES: Final = {
    "service": "the service that sent the span", "name": "the span's name", "root": "the name of a root span",
    "duration": "in ns, us, ms or s", "status": "error or ok", "kind": "server, client, internal, …",
    "run": "the first hex digits of trace ids", "trace": "a trace id", "event": "the name of an event",
    "message": "the status message",
}
_COMPARED: Final = "duration"


def complete(found: Vocabulary, query: str, at: int) -> dict[str, Any]:
    try:
        before = words(query[:at], unfinished=True)
    except QueryProblem:
        before = []
    word = before[-1] if before and before[-1].end == min(at, len(query)) else Word("", at, at)
    candidates = _values(found, word) if word.operator else _keys(found, word)
    return {"begin": word.begin, "end": word.end, "items": list(islice(candidates, MOST_ITEMS)), "problem": _problem(query)}


def _problem(query: str) -> dict[str, Any] | None:
    try:
        parsed(query)
    except QueryProblem as problem:
        return {"title": problem.title, "begin": problem.begin, "end": problem.end}
    return None


def _keys(found: Vocabulary, word: Word) -> Iterator[dict[str, str]]:
    sign, wanted = "-" if word.negated else "", word.text.lower()
    for key in _best(wanted, FIELDS):
        yield _item(f"{sign}{key}{'>' if key == _COMPARED else '='}", NOTES[key])
    if wanted and wanted == OR.lower():
        yield _item(f"{OR} ", "the terms before it, or those after it")
    for prefix, table, note in (("", found.attributes, "attribute"), (RESOURCE, found.of_resources, "resource attribute"),
                                (EVENTS, found.of_events, "event attribute")):
        # by their prefix alone or by a part of the name after it, so that an empty field does not list all of them
        if not prefix or (wanted and (prefix.startswith(wanted) or wanted.startswith(prefix) or len(wanted) > 1)):
            for key in _best(wanted, [f"{prefix}{key}" for key in table]):
                yield _item(f"{sign}{quoted(key)}=", note)
    if len(wanted) > 1:
        for name in _best(wanted, _frequent(found.names)):
            yield _item(f"{sign}name={quoted(name)} ", "span")


def _values(found: Vocabulary, word: Word) -> Iterator[dict[str, str]]:
    written = f"{'-' if word.negated else ''}{quoted(word.key)}{word.operator}"
    for value in _best(word.value.lower(), _known(found, word.key)):
        yield _item(f"{written}{quoted(value)} ", "")


def _known(found: Vocabulary, key: str) -> list[str]:
    fixed = {"kind": KINDS, "status": ("error", "ok"), "duration": ("10ms", "100ms", "500ms", "1s", "10s")}
    counted = {"service": found.services, "name": found.names, "root": found.roots, "event": found.events}
    if key in fixed:
        return list(fixed[key])
    if key in counted:
        return _frequent(counted[key])
    if key.startswith(RESOURCE):
        return _frequent(found.of_resources.get(key.removeprefix(RESOURCE), Counter()))
    if key.startswith(EVENTS):
        return _frequent(found.of_events.get(key.removeprefix(EVENTS), Counter()))
    return _frequent(found.attributes.get(key, Counter()) + found.of_resources.get(key, Counter()))


def _frequent(counter: Counter[str]) -> list[str]:
    return [value for value, _ in counter.most_common()]


def _best(wanted: str, values: Iterable[str]) -> list[str]:
    """Those that contain it; first those that begin with it."""
    matching = [one for one in values if wanted in one.lower()]
    return sorted(matching, key=lambda one: not one.lower().startswith(wanted))


def _item(text: str, note: str) -> dict[str, str]:
    return {"text": text, "note": note}
