"""Switches in a cluster: the API server accepts every combination, each comes up alone, and sampling keeps its promises."""

import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml

from labctl.load.sampling.stored_traces import traces
from labctl.model import LabSpec
from labctl.switches.trace_id_sampling import keeps, threshold
from labctl.targets.kind.cluster.names import default_names
from labctl.targets.kubernetes.workload import manifests
from labctl.viewer_client.client import ViewerClient
from tests.driver import ROOT, Driver
from tests.soak.test_switches import causes, flags
from tests.unit.switches.test_combinations import ALONE, COMBINATIONS, possible, shown

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]


@pytest.mark.parametrize("on", COMBINATIONS, ids=shown)
def test_the_api_server_accepts_every_combination_in_kind(on: dict[str, str], kind_lab: Driver, tmp_path: Path) -> None:
    spec = LabSpec(kind_lab.name, ROOT, tmp_path, kind_lab.ports, {}, 1 << 30, 86400, switches=on)
    objects = manifests.desired_objects(spec, default_names(spec), {}, "kind")
    argv = ["kubectl", "--kubeconfig", kind_lab.run("kubeconfig").stdout.strip(), "apply", "--server-side", "--dry-run=server"]
    argv += ["--force-conflicts", "-f", "-"]
    text = yaml.safe_dump_all(objects)
    done = subprocess.run(argv, input=text, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("on", [one for wanted in ALONE if (one := possible(wanted))], ids=shown)
def test_every_switch_in_kind(on: dict[str, str], kind_lab: Driver) -> None:
    try:
        kind_lab.run("up", *flags(on), timeout=240)
        run = kind_lab.json("load", "-n", "300", "--rps", "50", timeout=120)
        assert (run["requests"]["failed"], run["ledger"]["lost_spans"], run["ledger"]["other_spans"]) == (0, 0, 0)
        assert causes(kind_lab) == []
        assert not kind_lab.json("up", timeout=240)["changed"]
    finally:
        kind_lab.run("up", *flags(dict.fromkeys(on, "off")), timeout=240)


@pytest.mark.parametrize("sampling", ["10%", "head:10%"])
def test_a_tenth_of_five_thousand_traces_is_kept_whole_in_kind(sampling: str, kind_lab: Driver) -> None:
    kind_lab.run("up", "--sampling", sampling, timeout=240)
    run = kind_lab.json("load", "-n", "5000", "--rps", "100", "-c", "50", timeout=200)
    found = traces(ViewerClient(kind_lab.url("VIEWER")).span_pages(run["run_id"]))
    kind_lab.run("up", "--sampling", "off", timeout=240)
    assert 0.085 <= len(found) / 5000 <= 0.115
    assert Counter(trace.spans for trace in found.values()) == {5: len(found)}
    assert all(keeps(trace_id, threshold(0.1)) for trace_id in found)
    assert (run["ledger"]["lost_spans"], run["ledger"]["sampled_out"]["traces"]) == (0, 5000 - len(found))
