"""What an add-on that writes logfmt says of its errors."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import Evidence
from labctl.why.facts import Facts

_ERROR: Final = "level=ERROR"


def last_error(facts: Facts, component: str, within_s: float, source: str = "source=") -> Iterator[Evidence]:
    """One piece of evidence, or none. `source` begins the field that says where in the program it happened."""
    found = facts.component(component)
    lines = [line for line in found.log if _is_error(line.text, source)] if found else []
    if lines and (lines[-1].at or 0.0) > facts.at - within_s:
        yield Evidence(facts.log_source(component), lines[-1].text, lines[-1].at)


def _is_error(text: str, source: str) -> bool:
    _, level, where, *_ = (*text.split(maxsplit=3), "", "", "")
    return level == _ERROR and where.startswith(source)
