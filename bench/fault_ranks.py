"""Which of the findings of `labctl why` names a fault."""

import re
from typing import Any, Protocol


class Wanted(Protocol):
    """As in fault_expectations."""

    @property
    def component(self) -> str: ...
    @property
    def mentions(self) -> str: ...


def rank_of(expected: Wanted, findings: list[dict[str, Any]]) -> int | None:
    causes = [one for one in findings if one["kind"] == "cause"]
    return next((place for place, one in enumerate(causes, 1) if names(expected, one)), None)


def names(expected: Wanted, finding: dict[str, Any]) -> bool:
    text = " ".join([finding["message"], *(f"{one['source']} {one['text']}" for one in finding["evidence"])])
    return finding["component"] in expected.component.split("|") and bool(re.search(expected.mentions, text, re.DOTALL))
