"""--volumes: what the stores have, on PersistentVolumeClaims, so that it survives a store's pod.

The value is `on`, or the name of a StorageClass. With `on` the cluster decides (targets/kubernetes/workload/claims.py): where its
default class has a provisioner, `up` records that class in its place, and else says so and goes on without.
"""

import re
from typing import Final

from labctl.switches.switch import OFF, Effect, Switch

NAME: Final = "volumes"
ON: Final = "on"
NOT_HERE: Final = "a process's store is in the lab's state folder until labctl down"


def effect(text: str) -> Effect:
    """The claims need a cluster's answer, so that no folder of manifests/switches has them."""
    if not re.fullmatch(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", text):
        raise ValueError("on, or the name of a StorageClass")
    return Effect((), program=False)


def storage_class(text: str) -> str:
    """Of a recorded value: the class; "": none."""
    return "" if text in {ON, OFF} else text


VOLUMES: Final = Switch(
    NAME, "on|CLASS|off", ("on",),
    "what the stores have survives their pods: PersistentVolumeClaims of the cluster's default StorageClass, or the one named, "
    "where its provisioner is there", effect,
)
