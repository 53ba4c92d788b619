"""A backend at this machine's loopback address is refused in a cluster, with the address that leads here."""

from pathlib import Path
from typing import Any

import pytest

from labctl.components import DEFAULT_PORTS
from labctl.errors import Refused
from labctl.model import LabSpec
from labctl.targets.kind.export_addresses import require_other_machines

INFO = {"OperatingSystem": "Debian GNU/Linux 13"}
KIND = {"IPAM": {"Config": [{"Gateway": "fc00::1"}, {"Gateway": "172.18.0.1"}]}}
BRIDGE = {"IPAM": {"Config": [{"Gateway": "172.17.0.1"}]}}


def spec(tmp_path: Path, export: str) -> LabSpec:
    return LabSpec("x", tmp_path, tmp_path, DEFAULT_PORTS, {}, 1, 1, switches={"export": export})


@pytest.mark.parametrize(("answers", "host"), [
    ({"/info": (200, INFO), "/networks/kind": (200, KIND), "/networks/bridge": (200, BRIDGE)}, "172.18.0.1"),
    ({"/info": (200, INFO), "/networks/bridge": (200, BRIDGE)}, "172.17.0.1"),      # kind has not made a cluster yet
    ({"/info": (200, {"OperatingSystem": "Docker Desktop"}), "/networks/kind": (200, KIND)}, "host.docker.internal"),
    ({"/info": (200, INFO)}, "host.docker.internal"),
])
def test_the_line_has_the_address_by_which_pods_reach_this_machine(docker: Any, tmp_path: Path, answers: Any, host: str) -> None:
    docker(answers)
    with pytest.raises(Refused, match=r"http://localhost:4318: .* own pod") as refused:
        require_other_machines(spec(tmp_path, "file,mine=http://localhost:4318"))
    assert refused.value.hint == f"labctl up --export file,mine=http://{host}:4318"


@pytest.mark.parametrize("export", ["off", "prometheus,file", "http://172.18.0.1:4318,jaeger"])
def test_others_are_not(tmp_path: Path, export: str) -> None:
    require_other_machines(spec(tmp_path, export))
