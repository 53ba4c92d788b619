"""What the switches of a lab in a cluster change of its objects, as text."""

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy

from labctl.host import documents
from labctl.model import TextChange
from labctl.redaction import without_secrets
from labctl.switches import composing
from labctl.targets.kubernetes.kube import Object


def explain(now: Iterable[Object], wanted: Iterable[Object]) -> list[TextChange]:
    """Of the objects with the switches that are on and with the wanted ones, without the hashes that follow from the rest."""
    before, after = (dict(part for item in objects for part in _texts(item)) for objects in (now, wanted))
    changes = (TextChange(name, before.get(name, ""), after.get(name, "")) for name in dict.fromkeys((*before, *after)))
    return [change for change in changes if change.before != change.after]


def _texts(item: Object) -> Iterator[tuple[str, str]]:
    """The object as YAML; of a ConfigMap also each of its texts."""
    name = f"{item['kind']} {item['metadata']['name']}"
    shown = deepcopy(item)
    template = shown.get("spec", {}).get("template", {})
    for holder in (shown, template):
        _drop_ours(holder.get("metadata", {}))
    for container in template.get("spec", {}).get("containers", ()):
        _hide_secrets(container.get("env", ()))
    if item["kind"] == "ConfigMap":
        texts = shown.pop("data", {}).items()
        yield from ((f"{key} of the {name}", composing.without_comments(text, key)) for key, text in texts)
    yield name, documents.as_yaml(shown)


def _hide_secrets(entries: Iterable[dict[str, str]]) -> None:
    for entry in entries:
        if "value" in entry:
            [entry["value"]] = without_secrets({entry["name"]: entry["value"]}).values()


def _drop_ours(meta: dict[str, Mapping[str, str]]) -> None:
    if "annotations" in meta:
        kept = {name: text for name, text in meta["annotations"].items() if not name.startswith("labctl.dev/")}
        meta["annotations"] = kept
