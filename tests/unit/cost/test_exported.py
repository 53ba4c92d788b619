"""The bill of a lab that exports: the viewer's, and what each backend charges for what it is really sent."""

from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from labctl.cost.bill.bill import Bill, Group
from labctl.cost.bill.billing import bill
from labctl.cost.estimate import Wanted, estimate
from labctl.cost.money import Money
from labctl.errors import UsageError
from labctl.switches.destinations import PRESETS
from tests.driver import ROOT
from tests.unit.cost.samples import LAB, LIST, TUTORIAL, asked, billed

PRICED = {backend.export: backend for backend in LIST.backends.values() if backend.export}


def exporting(*names: str, **more: Any) -> Bill:
    return billed(replace(LAB, exported=names), **more)


def charges(of: Bill, backend: str) -> dict[str, Money | None]:
    return {line.name: line.cost for line in of.lines if line.backend == backend}


def sends(name: str) -> set[str]:
    """The signals that the folder of an export sends."""
    overlay = yaml.safe_load((ROOT / "manifests" / "switches" / f"export-{name}" / "collector.yaml").read_text())
    return {pipeline.partition("/")[0] for pipeline in overlay["service"]["pipelines"] if pipeline.endswith(f"/{name}")}


@pytest.mark.parametrize("name", PRICED)
def test_the_price_table_says_what_the_folder_sends(name: str) -> None:
    assert name in PRESETS
    assert set(PRICED[name].signals) == sends(name)


@settings(max_examples=40)
@given(rps=st.floats(0.01, 5000), sampling=st.floats(0, 1), names=st.sets(st.sampled_from(sorted(PRICED)), min_size=1))
def test_each_charges_what_it_would_alone_for_the_signals_that_it_is_sent(rps: float, sampling: float, names: set[str]) -> None:
    found = exporting(*sorted(names), provider="eks-fargate", rps=rps, sampling=sampling)
    plain = billed(provider="eks-fargate", rps=rps, sampling=sampling)
    for name in names:
        backend = PRICED[name]
        alone = replace(plain.asked, backends=[backend.sent(backend.signals)])
        assert charges(found, backend.name) == charges(bill(alone), backend.name)
    assert {line.name: line.cost for line in found.lines if line.group in {Group.PODS, Group.CLUSTER}} == {
        line.name: line.cost for line in plain.lines if line.group in {Group.PODS, Group.CLUSTER}
    }
    assert found.total.low >= plain.total.low


def test_x_ray_is_sent_traces_alone() -> None:
    assert set(charges(exporting("aws-xray"), "aws")) == {"traces recorded"}
    azure = PRICED["azure-monitor"].sent(["logs"])
    assert {one.name: one.signals for one in azure.charges} == {"ingestion": ["logs"], "retention": ["logs"]}


def test_egress_is_of_what_leaves_for_each() -> None:
    def egress(*names: str) -> float:
        return next(line.quantity or 0 for line in exporting(*names, provider="eks").lines if "egress" in line.name)

    assert egress("aws-xray") == egress()
    assert egress("datadog", "new-relic") - egress() == pytest.approx(2 * (egress("datadog") - egress()))


def test_what_the_price_table_does_not_have_is_unknown() -> None:
    found = exporting("jaeger", "mine", "file")
    assert found.unknown == ["jaeger", "mine"]
    assert (found.total, charges(found, "file")) == (billed().total, {"files": Money()})
    assert exporting("datadog", table=TUTORIAL).unknown == ["datadog"]


def test_a_named_backend_is_the_only_one() -> None:
    found = asked(replace(LAB, exported=("datadog",)), backend="honeycomb")
    assert [one.name for one in found.backends] == ["honeycomb"]


@pytest.mark.parametrize(("provider", "backend", "hint"), [
    ("", "datadogg", "labctl cost --backend datadog"), ("GKE", "", "labctl cost --provider gke"), ("", "nowhere", ""),
])
def test_a_name_that_is_close_to_one_of_the_price_file_is_answered_with_it(
    provider: str, backend: str, hint: str, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["labctl", "cost", *(["--provider", provider] if provider else ["--backend", backend])])
    with pytest.raises(UsageError, match="not in the price file") as refused:
        estimate(LAB, Wanted(LIST, provider, backend))
    assert refused.value.hint == hint


def test_savings_of_several() -> None:
    found = estimate(replace(LAB, exported=("datadog", "aws-xray")), Wanted(LIST))
    saved = {one.name: one for one in found.savings}
    assert saved["local storage"].saved == found.bill.total - billed().total
    assert found.as_json()["backends"] == ["viewer", "datadog", "aws"]
