"""The switches of a lab in a cluster, which an annotation of its Namespace records."""

import json

from labctl.switches import chosen
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.names import SWITCHES


def switches(namespace: Object | None) -> dict[str, str]:
    """What the Namespace has; what is not ours in there is left out."""
    try:
        found = json.loads(((namespace or {}).get("metadata", {}).get("annotations") or {}).get(SWITCHES, "{}"))
    except ValueError:
        return {}
    return chosen.known(found) if isinstance(found, dict) else {}
