"""What docs/autoscaling.md says to put into files fits the lab, since it cannot be tried."""

from labctl.model import METRICS
from tests.addons.documented import documented


def test_the_autoscaler_asks_for_what_the_adapter_offers_of_the_labs_metrics() -> None:
    adapter, measure = documented()
    [rule], [metric] = adapter["externalRules"], measure["metrics"]
    assert rule["seriesQuery"] in METRICS
    assert rule["seriesQuery"] in rule["metricsQuery"]
    assert metric["external"]["metric"]["name"] == rule["name"]["as"]
