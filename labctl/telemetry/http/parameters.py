"""The parameters of a query in a request's target, and their numbers within bounds."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from labctl.telemetry.http.messages import HTTPProblem, HttpRequest

Parameters = Mapping[str, str]


def parameters(request: HttpRequest) -> Parameters:
    return dict(parse_qsl(request.query, keep_blank_values=True))


def whole(parameters: Parameters, name: str, default: int, most: int) -> int:
    text = parameters.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= most):  # noqa: PLR2004 - digits
        raise HTTPProblem(400, f"{name} must be a whole number from 1 to {most}")
    return int(text)


def number(parameters: Parameters, name: str, most: float) -> float | None:
    text = parameters.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,12}(\.\d{1,9})?", text, re.ASCII) or float(text) > most:
        raise HTTPProblem(400, f"{name} must be a number from 0 to {most:g}")
    return float(text)
