"""Where a live object differs from the desired one, and who changed it.

Lists whose items have a key are compared item by item by that key, as the API server merges them. Format of `managedFields`:
https://kubernetes.io/docs/reference/using-api/server-side-apply/ and its `fieldsV1`: `f:NAME`, `k:{KEYS}`, `v:VALUE`, `.`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from labctl.targets.kubernetes.kube import MANAGER, Object

ABSENT: Final = None
CONTROLLERS: Final = frozenset({"kube-controller-manager", "kubelet", "kube-scheduler"})
_CONTENT: Final = ("f:spec", "f:data", "f:binaryData")
_METADATA: Final = "f:metadata"         # of a pod's template: what others note there changes nothing


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is not as desired. None stands for an absent one."""

    field: str                          # `spec.template.spec.containers[service].image`
    wanted: Any
    live: Any


@dataclass(frozen=True, slots=True)
class FieldOwner:
    """Who last changed a field, and when."""

    manager: str
    at: str                             # RFC 3339


def differs(want: Any, live: Any) -> bool:
    """Whether `live` lacks or contradicts anything in `want`; fields added by others are ignored."""
    return next(contradictions(want, live), None) is not None


def contradictions(want: Any, live: Any, field: str = "") -> Iterator[Difference]:
    """What `live` lacks or contradicts of `want`."""
    if isinstance(want, dict) and isinstance(live, dict):
        for name, value in want.items():
            if value != {}:
                yield from contradictions(value, live.get(name), f"{field}.{name}" if field else name)
    elif isinstance(want, list) and isinstance(live, list):
        yield from _items(want, live, field)
    elif want != live:
        yield Difference(field, want, live)


def _items(want: list[Any], live: list[Any], field: str) -> Iterator[Difference]:
    keyed = {_key(item): item for item in live}
    if all(_key(item) is not None for item in want):
        for item in want:
            yield from contradictions(item, keyed.get(_key(item)), f"{field}[{_key(item)}]")
    elif len(want) != len(live) or any(differs(*pair) for pair in zip(want, live, strict=True)):
        yield Difference(field, want, live)


def _key(item: Any) -> str | None:
    return item.get("name") or item.get("mountPath") if isinstance(item, dict) else None


def additions(want: Object, live: Object) -> Iterator[Difference]:
    """What others have added to the object, as far as it has an effect; not what controllers and the API server fill in."""
    return _additions(want, live, foreign(live))


def surplus(want: Object, live: Object) -> Iterator[Difference]:
    """Also what an earlier apply of labctl has set, and is not desired now."""
    return _additions(want, live, by_people(live))


def _additions(want: Object, live: Object, entries: Iterable[Object]) -> Iterator[Difference]:
    seen = set()
    for entry in entries:
        for name, fields in entry["fieldsV1"].items():
            if name in _CONTENT:
                for found in _added(fields, want.get(name[2:]), live.get(name[2:]), name[2:]):
                    if found.field not in seen:
                        seen.add(found.field)
                        yield found


def _added(fields: Mapping[str, Any], want: Any, live: Any, field: str) -> Iterator[Difference]:
    if live is ABSENT or (isinstance(want, list) and not want):
        return
    if want is ABSENT:
        yield Difference(field, ABSENT, live)
        return
    for key, below in fields.items():
        if key.startswith("f:") and key != _METADATA and isinstance(live, dict) and isinstance(want, dict):
            yield from _added(below, want.get(key[2:]), live.get(key[2:]), f"{field}.{key[2:]}")
        elif key.startswith("k:") and isinstance(live, list) and isinstance(want, list):
            keys = json.loads(key[2:])
            item = _find(live, keys)
            yield from _added(below, _find(want, keys), item, f"{field}[{_key(item) or _words(keys)}]")


def _find(items: Iterable[Any], keys: Mapping[str, Any]) -> Any:
    """The item with these keys; the API server fills in a protocol that is not given."""
    filled = {"protocol": "TCP"} if "protocol" in keys else {}
    return next((item for item in items if isinstance(item, dict) and keys.items() <= (filled | item).items()), ABSENT)


def _words(keys: Mapping[str, Any]) -> str:
    return ",".join(str(value) for value in keys.values())


def changed_by_hand(live: Object) -> bool:
    """Whether somebody else has set a field in the spec of an object that labctl applies."""
    applied = any(entry.get("manager") == MANAGER for entry in live["metadata"].get("managedFields") or ())
    leaves = [leaf for entry in foreign(live) for leaf in _leaves(entry["fieldsV1"].get("f:spec", {}), "")]
    return applied and any(leaf and not leaf.startswith("template.metadata") for leaf in leaves)


def taken_over(live: Object) -> list[Object]:
    """`managedFields` as if labctl had applied what others have set: its next apply removes what is not desired, in one change.

    So does kubectl with what it applied itself before server-side apply:
    https://pkg.go.dev/k8s.io/client-go/util/csaupgrade#UpgradeManagedFields.
    """
    entries = live["metadata"].get("managedFields") or []
    others = [entry for entry in foreign(live) if not entry.get("subresource")]
    own = next((entry for entry in entries if (entry.get("manager"), entry.get("operation")) == (MANAGER, "Apply")), None)
    merged = {**(own or others[0]), "manager": MANAGER, "operation": "Apply"}
    for entry in others:
        merged["fieldsV1"] = _merged(merged["fieldsV1"], entry["fieldsV1"])
    return [entry for entry in entries if entry is not own and entry not in others] + [merged]


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _merged(one.get(key, {}), other.get(key, {})) for key in {**one, **other}}


def foreign(live: Object) -> list[Object]:
    """The entries of `managedFields` of whoever changed the object besides labctl's own applies and the controllers."""
    return [entry for entry in by_people(live) if (entry.get("manager"), entry.get("operation")) != (MANAGER, "Apply")]


def by_people(live: Object) -> list[Object]:
    """Of all but the controllers."""
    return [
        entry for entry in live["metadata"].get("managedFields") or ()
        if "fieldsV1" in entry and entry.get("subresource") != "status" and entry.get("manager") not in CONTROLLERS
    ]


def changed_by(live: Object, field: str) -> FieldOwner | None:
    """Who owns the field now, if not labctl by its manifests."""
    for entry in foreign(live):
        if _owns(entry["fieldsV1"], field):
            return FieldOwner(str(entry.get("manager", "")), str(entry.get("time", "")))
    return None


def _owns(fields: Mapping[str, Any], field: str) -> bool:
    """Whether the field, or one below it, is among the fields."""
    return any(mine == field or mine.startswith((f"{field}.", f"{field}[")) or field.startswith((f"{mine}.", f"{mine}["))
               for mine in _leaves(fields, ""))


def _leaves(fields: Mapping[str, Any], field: str) -> Iterator[str]:
    below = {key: value for key, value in fields.items() if key != "."}
    if not below:
        yield field
    for key, value in below.items():
        if key.startswith("f:"):
            yield from _leaves(value, f"{field}.{key[2:]}" if field else key[2:])
        elif key.startswith("k:"):
            keys = json.loads(key[2:])
            yield from _leaves(value, f"{field}[{keys.get('name') or keys.get('mountPath') or _words(keys)}]")
