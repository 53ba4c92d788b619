"""The Secrets of a lab, made of its files, and its files of them."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from labctl.credentials import token
from labctl.credentials.certificates import HOLDERS, Certificates
from labctl.targets.kubernetes.kube import Kube, path_of
from labctl.targets.kubernetes.names import LabNames
from labctl.targets.kubernetes.workload import secrets

ON = {"tls": "on", "mtls": "on", "auth": "on"}
NAMES = LabNames("mine", "mine")


class Cluster:
    def __init__(self, objects: list[dict[str, Any]]) -> None:
        self.objects = {path_of(item): item for item in objects}

    def get(self, where: str) -> dict[str, Any] | None:
        return self.objects.get(where)


@pytest.fixture
def own(tmp_path: Path) -> Certificates:
    made = Certificates(tmp_path / "here", "mine", "mine")
    made.ensure()
    token.ensure(made.state)
    return made


def test_the_key_of_the_authority_is_in_none(own: Certificates) -> None:
    made = list(secrets.secrets(own, ON, NAMES))
    assert sorted(one["metadata"]["name"] for one in made) == sorted([*(f"lab-tls-{holder}" for holder in HOLDERS), "lab-token"])
    assert json.dumps(made).find((own.folder / "ca.key").read_text().splitlines()[1]) == -1
    assert {one["metadata"]["labels"]["labctl.dev/lab"] for one in made} == {"mine"}
    assert [one["metadata"]["name"] for one in secrets.secrets(own, {}, NAMES)] == []


def test_a_state_folder_that_was_lost_is_filled_from_the_cluster(own: Certificates, tmp_path: Path) -> None:
    cluster = cast("Kube", Cluster(list(secrets.secrets(own, ON, NAMES))))
    there = Certificates(tmp_path / "there", "mine", "mine")
    secrets.fetch(cluster, there, ON, NAMES)
    assert {holder: there.files(holder) for holder in HOLDERS} == {holder: own.files(holder) for holder in HOLDERS}
    assert token.tokens(there.state) == token.tokens(own.state)
    token.write(there.state, ["mine"])
    secrets.fetch(cluster, there, ON, NAMES)
    assert token.tokens(there.state) == ["mine"]
