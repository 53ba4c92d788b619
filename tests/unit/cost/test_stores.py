"""What the stores need, by the rates of a month and by --retention."""

from dataclasses import replace

import pytest

from labctl.cost.estimate import Wanted, estimate
from labctl.cost.measured.volume import LOGS, METRICS
from labctl.cost.month import WhatIf
from labctl.cost.prices import price_file
from labctl.cost.prices.table import MONTH_S
from labctl.cost.stores import (
    MAX_TRACES,
    VICTORIA_LOGS_BYTES,
    VIEWER_LOG,
    Keeping,
    StoreNeed,
)
from labctl.switches.stores.retention import DEFAULT_BYTES
from tests.unit.cost.samples import LAB, UNMEASURED

DAY_S = 86400
ALL = Keeping({"with": "prometheus,jaeger,logs", "retention": "logs=7d"}, 1 << 30, DAY_S)


def stores(rps: float, keeping: Keeping = ALL) -> dict[str, StoreNeed]:
    found = estimate(replace(LAB, keeping=keeping), Wanted(price_file.read(), what_if=WhatIf(rps)))
    return {store.component: store for store in found.stores}


def test_a_lab_has_the_stores_of_its_add_ons_alone() -> None:
    assert list(stores(10)) == ["viewer", "prometheus", "jaeger", "victoria-logs"]
    assert list(stores(10, Keeping({"with": "logs"}, 1 << 30, DAY_S))) == ["viewer", "victoria-logs"]


def test_logs_grow_with_the_requests_and_the_time() -> None:
    found = estimate(replace(LAB, keeping=ALL), Wanted(price_file.read(), what_if=WhatIf(10)))
    assert found.bill.month
    a_second = found.bill.month.items[LOGS] / MONTH_S * VICTORIA_LOGS_BYTES
    store = stores(10)["victoria-logs"]
    assert store.needs == pytest.approx(a_second * 7 * DAY_S)
    assert store.wanted_s == 7 * DAY_S
    assert stores(20)["victoria-logs"].needs == pytest.approx(2 * a_second * 7 * DAY_S)


def test_prometheus_grows_with_time_and_series_alone() -> None:
    assert stores(10)["prometheus"] == stores(1000)["prometheus"]
    assert stores(10)["prometheus"].limit == DEFAULT_BYTES[METRICS]


def test_a_limit_that_comes_first_says_how_long_is_kept() -> None:
    few, many = stores(0.1)["viewer"], stores(1000)["viewer"]
    assert (few.fits, few.lasts_s) == (True, DAY_S)
    assert not many.fits
    assert many.lasts_s is not None
    assert many.needs is not None
    assert many.lasts_s * (many.needs - VIEWER_LOG) / DAY_S == pytest.approx(1 << 30)


def test_victoria_logs_outgrows_its_limit_with_two_days_of_more() -> None:
    assert not stores(50)["victoria-logs"].outgrows
    store = stores(1000)["victoria-logs"]
    assert store.outgrows
    assert store.least > DEFAULT_BYTES[LOGS]


def test_jaeger_has_no_age_but_a_number_of_traces() -> None:
    store = stores(100)["jaeger"]
    assert store.wanted_s is None
    assert store.lasts_s == pytest.approx(MAX_TRACES / 100, rel=0.1)


def test_without_a_rate_the_need_is_unknown() -> None:
    found = estimate(replace(UNMEASURED, keeping=ALL), Wanted(price_file.read()))
    assert {store.needs for store in found.stores if store.wanted_s is not None} == {None}


def test_a_limit_in_bytes_is_the_switchs_own() -> None:
    switches = {"with": "prometheus,logs", "retention": "traces=2GiB,metrics=100MiB,logs=64MiB"}
    found = stores(10, Keeping(switches, 1 << 30, DAY_S))
    assert {name: one.limit for name, one in found.items()} == {
        "viewer": (2 << 30) + VIEWER_LOG, "prometheus": 100 << 20, "victoria-logs": 64 << 20,
    }
