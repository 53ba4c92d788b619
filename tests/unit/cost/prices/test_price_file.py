"""Price files: those in the package, and what is wrong with others, as one clear error."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from labctl.cost.prices import price_file
from labctl.errors import UsageError

PRICE = {"price": 1.0, "unit": "vCPU hour", "source": "https://example.com", "date": "2026", "checked": "no"}
TABLE: dict[str, Any] = {
    "version": 1, "name": "mine", "date": "2026-11-26",
    "providers": {"mine": {"title": "Mine", "prices": {"cpu": PRICE, "memory": {**PRICE, "unit": "GiB hour"}}}},
    "backends": {"viewer": {"title": "the viewer", "where": "cluster", "free": "it is there"}},
}


def written(path: Path, table: object) -> str:
    file = path / "prices.yaml"
    file.write_text(table if isinstance(table, str) else yaml.safe_dump(table))
    return str(file)


def cpu(**changes: Any) -> dict[str, Any]:
    price = {name: value for name, value in {**PRICE, **changes}.items() if value is not None}
    prices = {**TABLE["providers"]["mine"]["prices"], "cpu": price}
    return {**TABLE, "providers": {"mine": {"title": "Mine", "prices": prices}}}


def charge(**fields: Any) -> dict[str, Any]:
    return {**TABLE, "backends": {"b": {"title": "B", "charges": [{"name": "c", "signals": ["traces"], **PRICE, **fields}]}}}


def test_a_small_file_is_enough(tmp_path: Path) -> None:
    table = price_file.read(written(tmp_path, TABLE))
    assert (table.name, list(table.providers), table.providers["mine"].prices["cpu"].amount.low) == ("mine", ["mine"], 1.0)


@pytest.mark.parametrize("name", list(price_file.BUILT_IN))
def test_every_price_in_the_package_has_its_source_and_date(name: str) -> None:
    table = price_file.read(name)
    prices = [price for provider in table.providers.values() for price in provider.prices.values()]
    prices += [charge.price for backend in table.backends.values() for charge in backend.charges if charge.price]
    for price in prices:
        assert price.source.startswith(("https://", "the tutorial")), price.row
        assert price.date.startswith("20"), price.row


@pytest.mark.parametrize(("table", "complaint"), [
    (cpu(price=-1), "providers.mine.prices.cpu.price: expected a number from 0 to 1e+06, found an integer (-1)"),
    (cpu(price=1e30), "expected a number from 0 to 1e+06"),
    (cpu(price=float("inf")), "expected a finite number|not YAML"),
    (cpu(price="cheap"), "prices.cpu.price: expected a number, found text ('cheap')"),
    (cpu(price=None), "prices.cpu.low: expected a number, found nothing"),
    (cpu(price=None, low=2, high=1), "prices.cpu.high: expected no less than the low price, 2"),
    (cpu(low=1), "expected either `price`, or `low` and `high`"),
    (cpu(unit=None), "prices.cpu.unit: expected text, found nothing"),
    (cpu(unit="GB"), "prices.cpu.unit: expected one of vCPU hour, vCPU month, found text ('GB')"),
    (cpu(checked="maybe"), "expected one of vendor, third party, no"),
    (cpu(free=-5), "prices.cpu.free: expected a number from 0"),
    (cpu(prize=1), "prices.cpu.prize: there is no such field"),
    (cpu(source=None), "prices.cpu.source: expected text"),
    (charge(unit="vCPU hour"), r"charges\[0\].unit: expected one of"),
    (charge(unit="GB", signals=["traces", "smoke"]), r"signals\[1\]: expected one of traces, metrics, logs"),
    (charge(unit="GB", signals=[]), "expected the signals whose telemetry it counts"),
    ({**TABLE, "version": 2}, "version: expected version 1"),
    ({**TABLE, "providers": {}}, "providers: expected at least one entry"),
    ({**TABLE, "providers": {"mine": {"title": "Mine", "prices": {}}}}, "prices.cpu: expected a price, found nothing"),
    ({**TABLE, "providers": {"p": {"title": "P", "prices": {"node": {**PRICE, "unit": "node hour"}}, "nodes": {"machine": "m"}}}},
     "nodes.cpu: expected an amount such as 250m"),
    ({**TABLE, "backends": {"b": {"title": "B"}}}, "expected what it charges, or `free`"),
    ([1, 2], "expected a mapping"),
    ("a: [", "this is not YAML"),
    ("", "has 0 YAML documents"),
])
def test_nonsense_is_one_error_that_names_the_row(table: object, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        price_file.read(written(tmp_path, table))
    assert re.search(complaint if "|" in complaint or "\\" in complaint else re.escape(complaint), error.value.message)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(UsageError, match=r"nowhere\.yaml"):
        price_file.read("nowhere.yaml")
