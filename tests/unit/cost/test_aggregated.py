"""What --aggregate leaves of the metrics: by the rules of its manifest, counted once for all replicas, and said as a saving."""

from dataclasses import replace
from typing import Any

import yaml

from labctl.cost.measured import aggregated as rules
from labctl.cost.measured.aggregated import Aggregated, MetricsPart, aggregated
from labctl.cost.measured.volume import METRICS, SignalVolume, Volume, volume
from labctl.cost.month import WhatIf, month
from labctl.cost.stores import Keeping, needs
from labctl.switches.slo.objectives import BOUNDS_MS
from tests.driver import ROOT

OF_THE_LAB = Volume(
    "run x", 100.0, 1000, 2, {METRICS: SignalVolume(100, 800, 80_000)}, series=4, samples=29,
    aggregated=Aggregated(MetricsPart(1, 1, 0.25), MetricsPart(2, 26, 0.5)),
)

KEEPING = Keeping({"with": "prometheus"}, 1 << 30, 86_400)


def series(name: str, bounds: int = 0) -> dict[str, Any]:
    return {"name": name, "type": "histogram" if bounds else "sum", "bounds": [1.0] * bounds, "attributes": {"a": "b"}}


def test_each_series_is_left_out_counted_anew_or_kept() -> None:
    found = aggregated([series("otel.sdk.log.created"), series("http_requests_total"), series("request_duration_ms", 21),
                        series("predictions_total")])
    assert (found.kept.series, found.kept.samples) == (1, 1)
    assert (found.counted.series, found.counted.samples) == (2, 25)
    assert 0 < found.kept.share < found.counted.share < 1
    assert found.kept.share + found.counted.share < 1


def test_the_rules_are_those_of_the_collectors_overlay() -> None:
    config = yaml.safe_load((ROOT / "manifests/switches/aggregate/collector.yaml").read_text())
    [condition] = config["processors"]["filter/aggregate"]["metrics"]["metric"]
    assert all(name in condition for name in rules.COUNTED)
    assert rules.LEFT_OUT.replace(".", "\\\\.") in condition
    counting = config["connectors"]["span_metrics"]
    assert counting["metrics_flush_interval"] == f"{rules.FLUSH_S:g}s"
    assert counting["histogram"]["explicit"]["buckets"] == [f"{bound}ms" for bound in BOUNDS_MS]


def test_what_is_counted_from_spans_is_there_once_for_all_replicas() -> None:
    both = [month(OF_THE_LAB, WhatIf(rps=10, aggregated=True, replicas=count), count) for count in (2, 4)]
    assert [one.series for one in both] == [2 * 1 + 26, 4 * 1 + 26]
    assert [one.metrics for one in both] == [2 * 1 + 2, 4 * 1 + 2]
    assert both[1].bytes[METRICS] < 2 * both[0].bytes[METRICS]


def test_without_it_and_where_it_is_not_known_nothing_changes() -> None:
    whole = month(OF_THE_LAB, WhatIf(rps=10), 2)
    assert whole.series == 2 * 29
    unknown = replace(OF_THE_LAB, aggregated=None)
    assert month(unknown, WhatIf(rps=10, aggregated=True), 2) == month(unknown, WhatIf(rps=10), 2) == whole


def test_the_viewer_needs_as_much_as_before_and_prometheus_less() -> None:
    before, after = (
        {one.component: one.needs for one in needs(KEEPING, month(OF_THE_LAB, WhatIf(rps=10, aggregated=on), 2))}
        for on in (False, True)
    )
    assert after["viewer"] == before["viewer"]
    assert after["prometheus"] < before["prometheus"]


def test_it_survives_the_file_of_a_run() -> None:
    assert volume(OF_THE_LAB.as_json()) == OF_THE_LAB
    old = {name: value for name, value in OF_THE_LAB.as_json().items() if name != "aggregated"}
    assert volume(old).aggregated is None
