"""The SDK's counters from the viewer's series, and what is pending at the instances that are still there."""

from typing import Any

from labctl.load.ledger.service_counters import EXPORTED, PENDING, ServiceCounters, pending_of, read


def series(name: str, value: float, time: float, **attributes: str) -> dict[str, Any]:
    return {"name": name, "value": value, "time": time, "attributes": attributes}


def test_what_the_service_reports() -> None:
    given = [
        series(EXPORTED, 90, 10.0), series(EXPORTED, 4, 9.0, **{"error.type": "timeout"}), series(PENDING[0], 3, 10.0),
        series(PENDING[1], 2, 10.0), series("other", 7, 99.0),
    ]
    assert read(given) == ServiceCounters(10.0, 4, 5)
    assert read([]) == ServiceCounters()


def test_what_is_no_longer_reported_is_not_pending() -> None:
    assert read([series(EXPORTED, 90, 10.0), series(PENDING[0], 3, 7.0)]).pending == 0


def test_the_latest_of_each_instance_is_pending() -> None:
    queue = {**series(PENDING[0], 9, 10.0), "points": [[9.0, 1, 5, None], [9.5, 2, 4, None], [10.0, 1, 0, None]]}
    in_flight = {**series(PENDING[1], 9, 10.0), "points": [[10.0, 1, 2, None]]}
    assert pending_of([queue, in_flight]) == 0 + 4 + 2
    assert pending_of([]) == 0
