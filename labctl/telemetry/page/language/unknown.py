"""The keys of a query that no stored span seems to have, each with the field or key that is spelled nearly like it.

GET /api/page/unknown?query= gives {"keys": [{"key", "begin", "end", "nearest": <key> | null}, …], "spans": <looked at>,
"all": <whether these are all that are stored>}. Without `all`, a key may be one that is rare.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final

from labctl.telemetry.page.language.terms import EVENTS, FIELDS, RESOURCE
from labctl.telemetry.page.language.vocabulary import LONGEST, Vocabulary
from labctl.telemetry.page.language.words import Word, words

_ALIKE: Final = 0.7                     # of 1


def unknown(found: Vocabulary, query: str) -> dict[str, Any]:
    """Raises QueryProblem."""
    keys = [_told(found, word) for word in words(query) if word.operator and not _is_known(found, word.key)]
    return {"keys": keys, "spans": found.spans, "all": found.is_all}


def _is_known(found: Vocabulary, key: str) -> bool:
    # one so long is not in the vocabulary
    return len(key) > LONGEST or key in FIELDS or key in set(_keys(found)) or key in found.of_resources


def _keys(found: Vocabulary) -> Iterable[str]:
    yield from found.attributes
    yield from (f"{RESOURCE}{key}" for key in found.of_resources)
    yield from (f"{EVENTS}{key}" for key in found.of_events)


def _told(found: Vocabulary, word: Word) -> dict[str, Any]:
    candidates = {one.lower(): one for one in (*_keys(found), *found.of_resources, *FIELDS)}
    [nearest, *_] = get_close_matches(word.key.lower(), candidates, 1, _ALIKE) or [""]
    return {"key": word.key, "begin": word.begin, "end": word.end, "nearest": candidates.get(nearest)}
