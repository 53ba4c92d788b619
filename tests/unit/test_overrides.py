"""Overrides of the manifests: their names, what is allowed, and how they are put together."""

from pathlib import Path

import pytest

from labctl.config import load
from labctl.errors import UsageError
from labctl.overrides import BY_NAME, checked, merged, taken_back


def test_every_component_has_limits_and_requests_and_the_service_has_replicas() -> None:
    assert {"service.limits.cpu", "service.requests.memory", "collector.limits.memory", "viewer.requests.cpu"} <= BY_NAME.keys()
    assert [name for name in BY_NAME if name.endswith(".replicas")] == ["service.replicas"]


@pytest.mark.parametrize(("name", "text", "allowed"), [
    ("service.limits.cpu", "fast", "500m"),
    ("service.limits.cpu", "-1", "500m"),
    ("service.limits.cpu", "0", "500m"),
    ("service.limits.memory", "512", "512Mi"),
    ("service.limits.memory", "512m", "512Mi"),         # Kubernetes reads millibytes
    ("service.replicas", "0", "from 1 to 10"),
    ("service.replicas", "two", "from 1 to 10"),
])
def test_what_is_no_quantity_is_refused_with_what_is_allowed(name: str, text: str, allowed: str) -> None:
    with pytest.raises(UsageError, match=allowed) as refused:
        checked({name: text})
    assert f"{name}={text}" in refused.value.message


def test_an_unknown_name_is_refused_with_a_near_one() -> None:
    with pytest.raises(UsageError) as refused:
        checked({"service.limit.cpu": "1"})
    assert "; service.limits.cpu is close to it" in refused.value.message
    with pytest.raises(UsageError, match="one writer"):
        checked({"viewer.replicas": "2"})


def test_two_overrides_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(UsageError, match=r"more than service\.limits\.cpu=1"):
        checked({"service.requests.cpu": "2", "service.limits.cpu": "1"})
    with pytest.raises(UsageError, match=r"more than service\.limits\.cpu=500m"):
        merged({"service.limits.cpu": "500m"}, {"service.requests.cpu": "2"})


def test_what_is_given_anew_goes_before_what_is_recorded_and_an_empty_text_takes_it_back() -> None:
    before = {"service.limits.cpu": "1", "service.replicas": "2"}
    assert merged(before, {"service.limits.cpu": "2"}) == {"service.limits.cpu": "2", "service.replicas": "2"}
    assert merged(before, taken_back(["service.limits.cpu"])) == {"service.replicas": "2"}
    assert merged(before, taken_back(["all"])) == {}
    with pytest.raises(UsageError):
        taken_back(["everything"])


def test_in_a_dotenv_they_have_no_effect_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("service.limits.cpu=1\n")
    config = load({}, {}, tmp_path)
    assert config.spec().overrides == {}
    [doubt] = config.doubts
    assert doubt.endswith("has no effect: labctl up --set service.limits.cpu=1")


def test_they_come_from_flags_alone() -> None:
    config = load({"service.limits.cpu": "1", "DEFAULT_LATENCY_MS": "5"}, {})
    assert config.spec().overrides == {"service.limits.cpu": "1"}
    assert config.spec().service_env == {"DEFAULT_LATENCY_MS": "5"}
