"""Whose telemetry is stored, also of resources that are deleted while they are looked up."""

from functools import partial

from labctl.telemetry.otlp.decode import decode
from labctl.telemetry.query import services
from labctl.telemetry.store.store import Store
from tests.unit.telemetry import requests


def test_all_services_are_listed_once_and_what_is_gone_has_no_name(store: Store) -> None:
    for number, service in enumerate(("b", "a", "b"), 1):
        store.put(partial(decode, "traces", requests.traces(first=number, service=service))).result(10)
    assert services.stored(store) == ["a", "b"]
    assert services.of_resources(store, [1, 2, 99]) == {1: "b", 2: "a", 99: ""}
