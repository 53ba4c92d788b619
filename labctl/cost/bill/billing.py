"""Makes the bill: pods, then the cluster, the network and the telemetry."""

from labctl.cost.bill import cluster_lines, pod_lines, telemetry_lines
from labctl.cost.bill.bill import Asked, Bill
from labctl.cost.month import month


def bill(asked: Asked) -> Bill:
    """Raises UsageError for a pod that no machine or size of the provider holds."""
    replicas = next((pod.replicas for pod in asked.pods if pod.component == "service"), 1)
    known = asked.volume is not None and asked.what_if.rps is not None
    found = month(asked.volume, asked.what_if, replicas) if known and asked.volume else None
    lines = [*pod_lines.lines(asked), *cluster_lines.lines(asked, found), *telemetry_lines.lines(asked, found)]
    return Bill(asked, lines, found)
