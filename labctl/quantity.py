"""Quantities as Kubernetes writes them: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/."""

import re
from typing import Final

QUANTITY: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)")
DECIMAL: Final = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
BINARY: Final = {f"{letter}i": float(1 << 10 * power) for power, letter in enumerate("KMGTPE", 1)}


def quantity(text: str | float | None) -> float | None:
    """Cores for `500m`, bytes for `256Mi`, `256M`, `1e3`; None for None, or for text that is not a quantity."""
    match = QUANTITY.fullmatch(str(text).strip()) if text is not None else None
    if match is None:
        return None
    number, exponent, suffix = match.groups()
    return float(number + (exponent or "")) * (DECIMAL | BINARY).get(suffix, 1.0)
