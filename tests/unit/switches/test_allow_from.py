"""Whom --allow-from lets in, as entries of a NetworkPolicy."""

from typing import Any

import pytest

from labctl.switches.building import build
from labctl.switches.security import ALLOW_FROM, ALLOWED
from tests.driver import ROOT


def peers(text: str) -> Any:
    objects = build(ROOT / "manifests" / "kind", ROOT / "manifests", {"allow-from": text}).objects
    [policy] = [item.value for item in objects if item.value["metadata"]["name"] == "allow-from"]
    return policy["spec"]["ingress"][0]["from"]


def namespace(name: str) -> dict[str, Any]:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def test_a_namespace_all_of_it_or_the_pods_with_a_label() -> None:
    assert peers("tools") == [namespace("tools")]
    label = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "shop"}}}
    assert peers("tools, web/app.kubernetes.io/name=shop") == [namespace("tools"), {**namespace("web"), **label}]


@pytest.mark.parametrize("text", ["", "Tools", "tools/app", "tools/app=a b", "tools/=x", "tools,", "a" * 64, "tools/app=*"])
def test_what_kubernetes_would_refuse_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="NAMESPACE") as refused:
        ALLOW_FROM.allowed(text)
    assert str(refused.value) == f"{ALLOWED}; or off"
