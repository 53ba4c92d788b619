"""The changes of the spec made in the ConfigMaps, before their hashes are taken, which replace the pods that mount them."""

from collections.abc import Iterable, Sequence

from labctl.changes import LabChange
from labctl.components import ALL
from labctl.host.documents import Node
from labctl.targets.changed_configuration import changed_configuration


def change_config_maps(found: Iterable[Node], changes: Sequence[LabChange]) -> None:
    config_maps = [item for item in found if item.value["kind"] == "ConfigMap"]
    for component in ALL:
        config = component.process.config
        for item in config_maps if config else ():
            data = item.value.get("data", {})
            if config and config.key in data:
                data[config.key] = changed_configuration(data[config.key], component.name, changes, item.source)
