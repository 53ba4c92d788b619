"""Whether a live object differs from the desired one."""

from typing import Any


def differs(want: Any, live: Any) -> bool:
    """Whether `live` lacks or contradicts anything in `want`; fields added by others are ignored.

    Lists whose items have a name (or a port) are compared item by item by that key, as the API server merges them.
    """
    if isinstance(want, dict):
        return not isinstance(live, dict) or any(differs(value, live.get(key)) for key, value in want.items() if value != {})
    if isinstance(want, list):
        return not isinstance(live, list) or _items_differ(want, live)
    return bool(want != live)


def _items_differ(want: list[Any], live: list[Any]) -> bool:
    keyed = {_key(item): item for item in live}
    if all(_key(item) is not None for item in want):
        return any(differs(item, keyed.get(_key(item))) for item in want)
    return len(want) != len(live) or any(differs(*pair) for pair in zip(want, live, strict=True))


def _key(item: Any) -> str | None:
    return item.get("name") or item.get("mountPath") if isinstance(item, dict) else None
