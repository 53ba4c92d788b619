"""The parameters of a query in a request's target, and their numbers within bounds."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from labctl.telemetry.http.messages import HTTPProblem, HttpRequest

Parameters = Mapping[str, str]


def parameters(request: HttpRequest) -> Parameters:
    return dict(parse_qsl(request.query, keep_blank_values=True))


def whole(parameters: Parameters, name: str, default: int, most: int, least: int = 1) -> int:
    text = parameters.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,19}", text, re.ASCII) or not least <= int(text) <= most:
        raise HTTPProblem(400, f"{name} must be a whole number from {least} to {most}")
    return int(text)


def number(parameters: Parameters, name: str, most: float) -> float | None:
    text = parameters.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,12}(\.\d{1,9})?", text, re.ASCII) or float(text) > most:
        raise HTTPProblem(400, f"{name} must be a number from 0 to {most:g}")
    return float(text)
