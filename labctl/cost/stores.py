"""What each store of the lab takes on disk for as long as it keeps telemetry, at a month's rates, and when its limit comes first.

Subtle: what Prometheus stores grows with time and series alone, at every scrape, and not with the requests. The figures of bytes
are of two runs of this lab (2026-11-26): 15 minutes idle and 80 s at 150/s, and eight minutes at 20/s, sampled and with refused
requests (tests/soak/test_disk_need.py). Prometheus 3.5.3 scraped in time: where it is late, a sample takes
up to 2.6 bytes; its documentation says 1 to 2. Jaeger 2.13.0's is its resident memory.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final

from labctl.components import JAEGER, PROMETHEUS, VICTORIA_LOGS, VIEWER, Component, of
from labctl.cost.measured.volume import LOGS, METRICS, TRACES
from labctl.cost.month import Month
from labctl.cost.prices.table import MONTH_S
from labctl.switches.stores import retention

VIEWER_BYTES: Final = {TRACES: 369.0, METRICS: 122.0, LOGS: 381.0}     # a span, a data point, a record, with their indexes
VIEWER_LOG: Final = 33 << 20            # of writes that SQLite keeps beside its file
VICTORIA_LOGS_BYTES: Final = 37.0       # a record, compressed
SAMPLE_BYTES: Final = 1.9               # of Prometheus, in a block with its index
FRESH_BYTES: Final = 5.5                # a sample in its log of writes besides, until it is in a block
FRESH_S: Final = 3 * 3600               # at most
SCRAPE_S: Final = 2.0                   # manifests/addons/prometheus/config.yaml
COLLECTOR_SERIES: Final = 123           # of the collector itself, and of each scrape
TRACE_BYTES: Final = 6800.0             # of Jaeger's memory
MAX_TRACES: Final = 50_000              # manifests/addons/jaeger/config.yaml
NEVER_DROPPED_S: Final = 2 * retention.DAY_S
"""By VictoriaLogs for that limit (docs.victoriametrics.com/victorialogs/#retention-by-disk-space-usage)."""


class Medium(StrEnum):
    DISK = "disk"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Keeping:
    """What says how long the lab's stores keep telemetry."""

    switches: Mapping[str, str]
    viewer_max_bytes: int               # where --retention does not say it, as
    viewer_max_age_s: int


@dataclass(frozen=True, slots=True)
class StoreNeed:
    """Of one store, at the rates of a month; None where the rate of requests is unknown."""

    component: str
    keeps: str                          # the signals
    wanted_s: int | None                # how long it is to keep them; None: it has no age, only a limit
    needs: float | None                 # bytes for that long; of a store without an age: at its limit
    limit: float                        # bytes at which it drops its oldest
    lasts_s: float | None               # how long it really keeps them, as the limit may come first
    medium: Medium = Medium.DISK
    least: float = 0.0                  # bytes of what it never drops for its limit, so that it can outgrow it

    @property
    def outgrows(self) -> bool:
        """Whether its limit is not kept: a pod is evicted then."""
        return self.least > self.limit

    @property
    def fits(self) -> bool:
        return self.needs is None or self.needs <= self.limit

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "fits": self.fits, "outgrows": self.outgrows}


def needs(keeping: Keeping, month: Month | None) -> list[StoreNeed]:
    """Of every store of the lab, in the order of its components."""
    there = of(keeping.switches)
    return [need for component, need in _all(keeping, month) if component in there]


def _all(keeping: Keeping, month: Month | None) -> Iterator[tuple[Component, StoreNeed]]:
    times = retention.of_lab(keeping.switches, keeping.viewer_max_age_s)
    sizes = retention.sizes_of_lab(keeping.switches, keeping.viewer_max_bytes)
    items = {name: number / MONTH_S for name, number in month.items.items()} if month else None
    received = {**items, METRICS: month.points / MONTH_S} if month and items else None
    growth = sum(received[name] * size for name, size in VIEWER_BYTES.items()) if received else None
    yield VIEWER, _by_age(
        VIEWER.name, "traces, metrics, logs", times[TRACES], growth, VIEWER_LOG, sizes[TRACES] + VIEWER_LOG,
    )
    rate = (month.series + COLLECTOR_SERIES) / SCRAPE_S if month else None
    fresh = rate * FRESH_BYTES * min(times[METRICS], FRESH_S) if rate is not None else 0.0
    yield PROMETHEUS, _by_age(
        PROMETHEUS.name, METRICS, times[METRICS], None if rate is None else rate * SAMPLE_BYTES, fresh, sizes[METRICS],
    )
    yield JAEGER, _jaeger(month)
    records = items[LOGS] * VICTORIA_LOGS_BYTES if items else None
    found = _by_age(VICTORIA_LOGS.name, LOGS, times[LOGS], records, 0.0, sizes[LOGS])
    yield VICTORIA_LOGS, replace(found, least=(records or 0.0) * NEVER_DROPPED_S)


def _by_age(name: str, keeps: str, wanted_s: int, growth: float | None, base: float, limit: float) -> StoreNeed:
    """`growth` is in bytes a second."""
    if growth is None:
        return StoreNeed(name, keeps, wanted_s, None, limit, None)
    lasts_s = min(float(wanted_s), max(0.0, limit - base) / growth) if growth else float(wanted_s)
    return StoreNeed(name, keeps, wanted_s, base + growth * wanted_s, limit, lasts_s)


def _jaeger(month: Month | None) -> StoreNeed:
    size = MAX_TRACES * TRACE_BYTES
    rate = month.traces / MONTH_S if month else 0.0
    return StoreNeed(JAEGER.name, TRACES, None, size, size, MAX_TRACES / rate if rate else None, Medium.MEMORY)
