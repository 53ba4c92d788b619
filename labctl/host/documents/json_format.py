"""JSON documents by RFC 8259."""

import json
from pathlib import Path

from labctl.errors import LabError, Refused
from labctl.host.documents.files import MAX_BYTES, decode, read_bytes
from labctl.host.documents.node import Node


def read_json(path: Path, *, limit: int = MAX_BYTES, error: type[LabError] = Refused) -> Node:
    return parse_json(read_bytes(path, limit=limit, error=error), str(path), error)


def parse_json(content: bytes, source: str, error: type[LabError] = Refused) -> Node:
    """A JSON document by RFC 8259: NaN and the infinities are errors."""
    text = decode(content, source, error)
    if not text.strip():
        raise error(f"{source}: expected JSON, found nothing")
    try:
        return Node(json.loads(text, parse_constant=_no_number), source, error=error)
    except json.JSONDecodeError as cause:
        message = f"{source}, line {cause.lineno}, column {cause.colno}: this is not JSON: {cause.msg}"
        raise error(message, detail=text[:120]) from None
    except (ValueError, RecursionError) as cause:
        raise error(f"{source}: this is not JSON: {cause_of(cause)}") from None


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def cause_of(cause: Exception) -> str:
    return "nested too deeply" if isinstance(cause, RecursionError) else str(cause).splitlines()[0]
