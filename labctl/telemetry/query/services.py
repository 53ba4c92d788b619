"""The services that have sent what is stored, also what an earlier viewer has stored, or a file that was loaded."""

from collections.abc import Iterable
from typing import Final

from labctl.telemetry.store.store import Store

_MOST_RESOURCES: Final = 1000           # the newest
_MOST_ENCODED: Final = 16 << 10         # bytes; a service stands behind what its resource is encoded as


def stored(store: Store) -> list[str]:
    """Cheap, whatever is stored: of very many resources the newest, without very large ones."""
    return [service for (service,) in store.read(
        f"SELECT DISTINCT service FROM (SELECT service FROM resources WHERE length(encoded) < {_MOST_ENCODED}"
        f" ORDER BY id DESC LIMIT {_MOST_RESOURCES}) ORDER BY service")]


def of_resources(store: Store, numbers: Iterable[int]) -> dict[int, str]:
    """By the number of the resource; "" where it was deleted meanwhile with all that it had."""
    found = {number: store.read("SELECT service FROM resources WHERE id = ?", (number,)) for number in numbers}
    return {number: str(rows[0][0]) if rows else "" for number, rows in found.items()}
