"""Environment variables without the values of secrets: nothing that the diagnosis gathers or prints may hold one."""

import re
from collections.abc import Mapping
from typing import Final

REDACTED: Final = "(not shown: it may be secret)"
_SECRET: Final = re.compile(r"HEADERS|TOKEN|SECRET|PASSWORD|KEY|CREDENTIAL|AUTH", re.IGNORECASE)
_USERINFO: Final = re.compile(r"(://)[^/@\s]+@")


def without_secrets(env: Mapping[str, str]) -> dict[str, str]:
    """Values that may be secret, by their variables' names, are replaced; credentials in URLs are cut out."""
    return {name: REDACTED if _SECRET.search(name) else _USERINFO.sub(r"\1", value) for name, value in env.items()}
