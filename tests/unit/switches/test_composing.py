"""One configuration of several overlays: no list loses an entry, and the order of processors is one that is written down."""

import random
from typing import Any

import pytest
import yaml

from labctl.errors import Refused
from labctl.switches.composing import PROCESSORS, Overlay, compose

BASE = """\
# a comment that a composed text does not have
processors: {memory_limiter: {check_interval: 1s}, batch: }
exporters: {debug: }
service:
  extensions: [health_check]
  pipelines:
    traces: {receivers: [otlp], processors: [memory_limiter, batch], exporters: "${env:EXPORTERS:-[debug]}"}
    logs: {receivers: [otlp], processors: [memory_limiter, batch], exporters: [debug]}
"""


def composed(*overlays: object, **env: str) -> Any:
    texts = [Overlay(f"overlay {number}", yaml.safe_dump(one)) for number, one in enumerate(overlays)]
    return yaml.safe_load(compose(Overlay("base", BASE), texts, env))


def traces(**lists: list[str]) -> object:
    return {"service": {"pipelines": {"traces": lists}}}


def test_without_an_overlay_it_is_the_very_text() -> None:
    assert compose(Overlay("base", BASE), [], {}) == BASE


def test_processors_of_several_overlays_come_in_the_documented_order() -> None:
    one = traces(processors=["memory_limiter", "probabilistic_sampler", "batch"])
    other = traces(processors=["memory_limiter", "redaction", "transform/redact", "batch"])
    wanted = ["memory_limiter", "redaction", "transform/redact", "probabilistic_sampler", "batch"]
    for overlays in ((one, other), (other, one), (one, other, one)):
        found = composed(*overlays)["service"]["pipelines"]
        assert found["traces"]["processors"] == wanted
        assert found["logs"]["processors"] == ["memory_limiter", "batch"]


def test_any_order_of_overlays_gives_one_order_of_processors() -> None:
    for seed in range(50):
        chance = random.Random(seed)
        middle = [kind for kind in PROCESSORS[1:-1] if kind != "*"]
        overlays = [traces(processors=["memory_limiter", kind, "batch"]) for kind in chance.sample(middle, 4)]
        found = composed(*overlays)["service"]["pipelines"]["traces"]["processors"]
        assert found == [kind for kind in PROCESSORS if kind in found]
        assert len(found) == 6


def test_an_overlay_with_another_order_is_refused() -> None:
    with pytest.raises(Refused, match="contradicts the order of processors: memory_limiter, batch"):
        composed(traces(processors=["batch", "memory_limiter"]))


def test_a_processor_of_the_base_that_an_overlay_leaves_out_is_gone() -> None:
    without_batch = traces(processors=["memory_limiter"])
    sampling = traces(processors=["memory_limiter", "tail_sampling", "batch"])
    for overlays in ((without_batch, sampling), (sampling, without_batch)):
        assert composed(*overlays)["service"]["pipelines"]["traces"]["processors"] == ["memory_limiter", "tail_sampling"]


def test_exporters_that_a_variable_names_are_kept() -> None:
    found = composed(traces(exporters=["debug", "file"]), EXPORTERS="[debug, otlp_http/viewer]")
    assert found["service"]["pipelines"]["traces"]["exporters"] == ["debug", "otlp_http/viewer", "file"]
    assert composed(traces(exporters=["file"]))["service"]["pipelines"]["traces"]["exporters"] == ["debug", "file"]
    unchanged = composed({"exporters": {"file": {"path": "x"}}}, EXPORTERS="[x]")
    assert str(unchanged["service"]["pipelines"]["traces"]["exporters"]) == "${env:EXPORTERS:-[debug]}"


def test_maps_are_merged_and_of_anything_else_the_last_wins() -> None:
    found = composed(
        {"processors": {"memory_limiter": {"limit_mib": 1}}, "service": {"extensions": ["file_storage"]}},
        {"processors": {"memory_limiter": {"limit_mib": 2}}},
    )
    assert found["processors"]["memory_limiter"] == {"check_interval": "1s", "limit_mib": 2}
    assert found["service"]["extensions"] == ["health_check", "file_storage"]


def test_what_is_no_configuration_is_refused_with_its_file() -> None:
    with pytest.raises(Refused, match="overlay 0"):
        composed(["a", "list"])
