"""Removes what earlier labs left in the Docker engine, and ends a kind that still creates a cluster for a killed `up`."""

from collections.abc import Iterator

from labctl.errors import LabError
from labctl.model import Repair
from labctl.numbers import plural
from labctl.targets.kind.cluster import lifecycle
from labctl.targets.kind.cluster.names import ClusterNames
from labctl.targets.kind.images import pruning


def repairs(names: ClusterNames) -> Iterator[Repair]:
    try:
        if lifecycle.end_orphaned_kind(names):
            yield Repair(f"ended the kind that was still creating the cluster {names.cluster}", done=True)
        if removed := pruning.prune_engine():
            yield Repair(f"removed {plural(removed, 'image')} of earlier edits from the Docker engine", done=True)
    except LabError as error:
        yield Repair("the Docker engine", done=False, why=f"not looked at: {error.message}")
