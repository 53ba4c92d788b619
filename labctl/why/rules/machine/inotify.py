"""Too few inotify instances: a node of kind takes many, and what gets none fails in odd ways."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import Certainty, Evidence, Finding, Kind
from labctl.why.facts import Facts

LOOKS_AT: Final = "how many inotify instances a user may have"
_FEW: Final = 128                       # https://kind.sigs.k8s.io/docs/user/known-issues/ asks for 512


def find(facts: Facts) -> Iterator[Finding]:
    instances = facts.machine.inotify_instances if facts.machine else None
    if instances is not None and instances < _FEW:
        yield Finding(
            "inotify", Kind.NOTICE, "machine", "this machine allows few inotify instances: what watches files may fail",
            (Evidence("/proc/sys/fs/inotify/max_user_instances", str(instances)),),
            "sudo sysctl fs.inotify.max_user_instances=512", certainty=Certainty.POSSIBLE,
        )
