"""A component's configuration file with the changes of the lab's spec made in it."""

from collections.abc import Iterable

from labctl.changes import ConfigurationChange, LabChange, of_kind
from labctl.errors import Refused
from labctl.host import documents
from labctl.host.documents import json_patch


def changed_configuration(text: str, component: str, changes: Iterable[LabChange], source: str) -> str:
    """The text itself when nothing changes it. Raises Refused where the file lacks what is changed."""
    affecting = [change for change in of_kind(ConfigurationChange, changes) if change.component == component]
    operations = [operation for change in affecting for operation in change.operations]
    if not operations:
        return text
    [document] = documents.parse_yaml(text, source)
    for operation in operations:
        try:
            json_patch.operate(document.value, operation.kind, operation.pointer, operation.value)
        except (KeyError, IndexError, ValueError, TypeError):
            raise Refused(f"{source} has no {operation.pointer.strip('/').replace('/', '.')} to change") from None
    return documents.as_yaml(document.value)
