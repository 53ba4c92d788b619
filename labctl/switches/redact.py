"""--redact: secrets become **** in the collector. Which ones is written in manifests/switches/redact/collector.yaml."""

import math
import re
import warnings
from typing import Final

from labctl.switches.switch import ON_OR_OFF, Effect, Switch, just_on

_KEY: Final = r"[\w./-]+\*?"
_LONGEST: Final = 1000
_MOST: Final = 1000                     # repetitions, nested ones multiplied
# look-arounds, references, conditions, comments, possessive repeats, and what Python and RE2 do not read alike
_NOT_RE2: Final = re.compile(
    r"\$|\(\?(?![:imsP-])|\(\?P[^<]|\(\?[ims-]*[^:ims)P-]"
    r"|\\[^\W_aAbBdDfnrsStvwWx0]|\\[^\x00-\x7f]|[*+?}]\+|\{,",
)
_COUNT: Final = re.compile(r"\{(\d+)(?:,(\d*))?\}")


def allow(text: str) -> Effect:
    """Raises ValueError with what is allowed."""
    keys = text.replace(" ", "").split(",")
    if not all(re.fullmatch(_KEY, key) for key in keys):
        raise ValueError("names of attributes, separated by commas, such as app.order,app.build.*")
    patterns = "|".join(re.escape(key).replace(r"\*", ".*") for key in keys)
    return Effect((), {"collector": {"REDACT_ALLOW": patterns}})


def pattern(text: str) -> Effect:
    """Raises ValueError with what is allowed."""
    if len(text) > _LONGEST:
        raise ValueError(f"a regular expression of at most {_LONGEST} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")          # of what a later Python, and RE2, read in another way
            matches_nothing = re.compile(text).match("") is None
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise ValueError(f"a regular expression: {error}") from None
    if _NOT_RE2.search(text):
        raise ValueError("a regular expression in RE2's syntax, without $, look-ahead, look-behind or back-references")
    if _repetitions(text) > _MOST:
        raise ValueError(f"a regular expression that repeats nothing more than {_MOST} times")
    if not matches_nothing:
        raise ValueError("a regular expression that does not match an empty text")
    return Effect((), {name: {"REDACT_PATTERN": text} for name in ("collector", "service")})


def _repetitions(text: str) -> int:
    """The largest number, or where a group is repeated, no less than what the nested ones multiply to."""
    counts = [int(last or first) for first, last in _COUNT.findall(text)]
    return math.prod(filter(None, counts)) if "){" in text else max(counts, default=0)


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
