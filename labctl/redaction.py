"""Text and environment variables without the values of secrets: nothing that the diagnosis gathers or prints may hold one."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

REDACTED: Final = "(not shown)"          # a plain scalar in YAML too
_SECRET: Final = re.compile(r"HEADERS|TOKEN|SECRET|PASSWORD|PASSWD|KEY|CREDENTIAL|AUTH", re.IGNORECASE)
_USERINFO: Final = re.compile(r"(://)[^/?#\s\"']+@")       # up to the last @: a password may hold one
# a line of YAML, an argument, or a header in a message; what begins with `$` is a variable, not its value. Nothing before the
# word, and not much after it: in a line without spaces the time would grow with the square of its length
_NAMED: Final = re.compile(
    r"""(?i)((?:token|secret|password|passwd|api[_-]?key|authorization|credentials?)[\w.-]{0,64}["']?"""
    r"""(?:[ \t]*:[ \t]*|[ \t]+=[ \t]*|=))(?!\s|["']?\$\{|\[|\{|\(not shown\)|(?<=_file[=:])/)"""
    r"""("[^"\n]*"|'[^'\n]*'|(?:(?:bearer|basic) )?(?:\(not shown\)|[^\s,;]+))""",
)
_HINT: Final = re.compile(r"(?i)token|secret|passw|api[_-]?key|authorization|credential|bearer|basic")
_SCHEME: Final = re.compile(r"(?i)\b(bearer|basic) +[\w.~+/=-]{8,}")
# of a URL: of its path what looks like a mail address or a long number, of its query all that is not a short word or number
_PERSONAL: Final = re.compile(r"(?i)[^/?&=\s]*(?:@|%40)[^/?&\s]*|\d{12,}")
_PARAMETER: Final = re.compile(r"([^=&#\s]*)=([^&#\s]*)")
_PLAIN: Final = re.compile(r"[A-Za-z_.-]{1,20}|[\d.]{1,9}")
_SHORT_SECRET: Final = re.compile(r"(?i)(?:^|[_.-])(?:pass|pwd|pw|sid|sess\w*|sig\w*|code|otp|pin|jwt)$")
_SHORTEST: Final = 6                    # a shorter value would be found in innocent words


def may_be_secret(name: str, value: str) -> bool:
    """By the variable's name, by a name in its value, or for the credentials in an address."""
    return _is_secret(name, value) or redacted(value) != value


def _is_secret(name: str, value: str) -> bool:
    """The path of a file is none, as in TOKEN_FILE=/etc/lab/auth/token."""
    return bool(_SECRET.search(name)) and not (name.upper().endswith("_FILE") and value.startswith("/"))


def without_secrets(env: Mapping[str, str]) -> dict[str, str]:
    """Values that may be secret, by their variables' names or a name in them, are replaced; credentials in URLs are cut out."""
    return {name: REDACTED if value and _is_secret(name, value) else redacted(value) for name, value in env.items()}


def secrets_of(env: Mapping[str, str]) -> frozenset[str]:
    """The values that must not be shown, wherever they turn up; of headers each one's value."""
    values = (value for name, value in env.items() if _is_secret(name, value))
    parts = (part.strip() for value in values for part in (value, *_header_values(value)))
    return frozenset(part for part in parts if len(part) >= _SHORTEST)


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """The text of a configuration, a command line or a log without `secrets`, and without what looks like one."""
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    if _HINT.search(text):
        text = _NAMED.sub(rf"\1{REDACTED}", _SCHEME.sub(rf"\1 {REDACTED}", text))
    return _USERINFO.sub(r"\1", text)


def redacted_url(url: str) -> str:
    """A URL for reports, with the names of its parameters but no value that may be a secret or belong to a person."""
    address, mark, query = _USERINFO.sub(r"\1", url).partition("?")
    return _PERSONAL.sub(REDACTED, address) + mark + _PARAMETER.sub(_parameter, query)


def _parameter(match: re.Match[str]) -> str:
    name, value = match.groups()
    is_plain = _PLAIN.fullmatch(value) and not _SECRET.search(name) and not _SHORT_SECRET.search(name)
    return f"{_PERSONAL.sub(REDACTED, name)}={value if is_plain else REDACTED}"


def _header_values(value: str) -> list[str]:
    """Of `name=value,name=value`, without an authentication scheme in front."""
    values = [pair.partition("=")[2].strip() for pair in value.split(",")]
    return [word for one in values for word in (one, one.rpartition(" ")[2])]
