"""Turns the bytes of a body into rows of finite numbers.

Python's JSON reader accepts NaN, Infinity and 1e999, and raises RecursionError for deep nesting; here all of them are a 4xx.
"""

import json
import math
from typing import Any, NoReturn

from service.problem import Problem

MAX_FEATURES = 1024

Row = list[float]


def single_row(body: bytes) -> list[Row]:
    """`{"features": [number, …]}` → its one row."""
    return [_row(_member(_decode(body), "features"), "features")]


def batch(body: bytes, max_rows: int) -> list[Row]:
    """`{"rows": [[number, …], …]}` → its rows."""
    rows = _member(_decode(body), "rows")
    if type(rows) is not list or not 1 <= len(rows) <= max_rows:
        raise _invalid(f"rows must be a list of 1 to {max_rows} lists")
    return [_row(row, f"rows[{index}]") for index, row in enumerate(rows)]


def finite(predictions: list[float]) -> list[float]:
    if not all(map(math.isfinite, predictions)):
        raise Problem(422, "overflow", "the sum of the features is too large for a number")
    return predictions


def _decode(body: bytes) -> Any:
    try:
        return _DECODER.decode(body.decode())
    except (ValueError, RecursionError):
        raise Problem(400, "invalid_json", "the body is not valid JSON") from None


def _not_json(_name: str) -> NoReturn:
    raise ValueError


_DECODER = json.JSONDecoder(parse_constant=_not_json)


def _member(value: Any, name: str) -> Any:
    if type(value) is not dict or value.keys() != {name}:
        raise _invalid(f"the body must be an object with the one member {name}")
    return value[name]


def _row(value: Any, name: str) -> Row:
    if type(value) is not list or not 1 <= len(value) <= MAX_FEATURES:
        raise _invalid(f"{name} must be a list of 1 to {MAX_FEATURES} numbers")
    try:
        row = [float(item) for item in value if type(item) is float or type(item) is int]
    except OverflowError:            # an integer beyond the range of a float
        row = [math.inf]
    if len(row) != len(value) or not all(map(math.isfinite, row)):
        raise _invalid(f"{name} must hold finite numbers only")
    return row


def _invalid(detail: str) -> Problem:
    return Problem(422, "invalid_input", detail)
