"""--redact: secrets become **** in the collector. Which ones is written in manifests/switches/redact/collector.yaml."""

import re
from typing import Final

from labctl.switches.switch import ON_OR_OFF, Effect, Switch, just_on

_KEY: Final = r"[\w./-]+\*?"
_NOT_RE2: Final = r"\(\?(?:[=!<]|P[=>]|[(>])|\\[1-9]|[*+?}]\+"      # look-arounds, references, possessive repeats


def allow(text: str) -> Effect:
    """Raises ValueError with what is allowed."""
    keys = text.replace(" ", "").split(",")
    if not all(re.fullmatch(_KEY, key) for key in keys):
        raise ValueError("names of attributes, separated by commas, such as app.order,app.build.*")
    patterns = "|".join(re.escape(key).replace(r"\*", ".*") for key in keys)
    return Effect((), {"collector": {"REDACT_ALLOW": patterns}})


def pattern(text: str) -> Effect:
    """Raises ValueError with what is allowed."""
    try:
        matches_nothing = re.compile(text).match("") is None
    except re.error as error:
        raise ValueError(f"a regular expression: {error}") from None
    if re.search(_NOT_RE2, text) or "$" in text:
        raise ValueError("a regular expression in RE2's syntax, without $, look-ahead, look-behind or back-references")
    if not matches_nothing:
        raise ValueError("a regular expression that does not match an empty text")
    return Effect((), {name: {"REDACT_PATTERN": text} for name in ("collector", "service")})


REDACT: Final = Switch(
    "redact", ON_OR_OFF, ("on",),
    "secrets in telemetry, such as passwords, keys, tokens, cookies, card numbers and mail addresses, become ****",
    just_on("redact"),
)
ALLOW: Final = Switch(
    "redact-allow", "KEY,…|off", ("app.order,app.build.*",), "attributes that --redact does not touch",
    allow, needs=("redact",),
)
PATTERN: Final = Switch(
    "redact-pattern", "REGEX|off", (r"ACME-\d{6}",), "a regular expression for further secrets that --redact hides",
    pattern, needs=("redact",),
)
