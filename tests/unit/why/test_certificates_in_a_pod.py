"""Where the telemetry of a service in a pod is missed, its certificates are read as the pod has them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from labctl.credentials.certificates import Certificates
from labctl.model import Command, CommandOutput, HeldFiles, Target
from labctl.targets import secured
from labctl.why.facts import Facts
from labctl.why.gather import security
from tests.unit.why.samples import with_component
from tests.unit.why.test_security_rules import SECURE_ENV, broken
from tests.unit.why.test_security_rules import secured as well

OTLP = "OTEL_EXPORTER_OTLP_"
IN_POD = {f"{OTLP}CLIENT_CERTIFICATE": "/etc/lab/tls/service/tls.crt", f"{OTLP}CERTIFICATE": "/etc/lab/tls/service/ca.crt"}


@dataclass
class Pod:
    """A target whose pod has these files."""

    shown: bytes
    trusted: bytes
    namespace: str = "lab"
    asked: list[Command] = field(default_factory=list)

    def credentials(self) -> list[HeldFiles]:
        return []


    def output_of(self, command: Command, timeout_s: float) -> CommandOutput:
        self.asked.append(command)
        return CommandOutput(0, self.shown + b"\0" + self.trusted, b"")


def of_the_lab(facts: Facts, folder: Path) -> tuple[Facts, Certificates]:
    facts = replace(facts, spec=replace(facts.spec, state=folder))
    own = secured.certificates(facts.spec, "lab")
    own.ensure()
    return facts, own


@pytest.fixture
def foreign(tmp_path: Path) -> Mapping[str, bytes]:
    other = Certificates(tmp_path / "foreign", "other", "other")
    other.ensure()
    return other.files("service")


def test_the_pods_own_are_judged(tmp_path: Path, foreign: Mapping[str, bytes]) -> None:
    facts, own = of_the_lab(broken(**IN_POD), tmp_path / "state")
    pod = Pod(foreign["tls.crt"], own.files("service")["ca.crt"])
    found = security.look(cast(Target, pod), facts)
    assert (found.service_is_ours, found.service_trusts) == (False, True)
    assert found.service_shows
    assert "other" in found.service_shows.issuer + found.service_shows.subject
    assert not any("key" in word for word in pod.asked[0].argv)


def test_a_pod_is_not_asked_while_all_is_well(tmp_path: Path, foreign: Mapping[str, bytes]) -> None:
    facts, _ = of_the_lab(with_component(well(), "service", env=SECURE_ENV | IN_POD), tmp_path / "state")
    pod = Pod(foreign["tls.crt"], foreign["ca.crt"])
    assert security.look(cast(Target, pod), facts).service_is_ours is True
    assert pod.asked == []
