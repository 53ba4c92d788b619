"""--retention: how long, and up to what size, every store of the lab keeps its telemetry, given in one place by signal.

Subtle: the viewer has one age and one size for all that it stores, which are those of the traces. Jaeger's store has neither: it
keeps a number of traces in memory (manifests/addons/jaeger/config.yaml). What reaches its size first drops its oldest earlier.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from labctl.components import PROMETHEUS, VICTORIA_LOGS
from labctl.switches.switch import OFF, Effect, Switch

NAME: Final = "retention"
TRACES, METRICS, LOGS = "traces", "metrics", "logs"
HOUR_S: Final = 3600
DAY_S: Final = 24 * HOUR_S
LEAST: Final = {TRACES: 60, METRICS: 2 * HOUR_S, LOGS: DAY_S}
"""Seconds: Prometheus drops whole blocks of two hours, VictoriaLogs whole days (-retentionPeriod refuses less than one)."""
LEAST_BYTES: Final = {TRACES: 16 << 20, METRICS: 64 << 20, LOGS: 16 << 20}
"""Prometheus's log of writes, of two to three hours, counts as well."""
DEFAULTS: Final = {TRACES: DAY_S, METRICS: 15 * DAY_S, LOGS: 3 * DAY_S}
"""Of a lab without --retention, as the components' table and the manifests have it; LABCTL_VIEWER_MAX_AGE for the viewer."""
DEFAULT_BYTES: Final = {TRACES: 1 << 30, METRICS: 768 << 20, LOGS: 768 << 20}
"""So too; LABCTL_VIEWER_MAX_SIZE for the viewer. Prometheus's MB are MiB."""
ALLOWED: Final = "traces=, metrics= or logs= with a time in m, h or d, or a size in MiB or GiB, as traces=24h,logs=3d,logs=1GiB"
_UNITS: Final = {"m": 60, "h": HOUR_S, "d": DAY_S}
_SIZES: Final = {"MiB": 1 << 20, "GiB": 1 << 30}
_MOST_S: Final = 3650 * DAY_S
_MOST_BYTES: Final = 1 << 50


@dataclass(frozen=True, slots=True)
class Limits:
    """By signal, in their order; a signal may lack either."""

    times_s: Mapping[str, int] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)          # bytes


def limits(text: str) -> Limits:
    """Raises ValueError with what is allowed."""
    times, sizes = dict[str, int](), dict[str, int]()
    for word in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"(traces|metrics|logs)=(\d{1,6})(?:([mhd])|([MG]iB))", word, re.ASCII)
        given, unit = (times, _UNITS.get(match[3])) if match and match[3] else (sizes, _SIZES.get(match[4]) if match else None)
        if not match or not unit or match[1] in given:
            raise ValueError(f"{ALLOWED}, each at most once")
        given[match[1]] = int(match[2]) * unit
    if not times and not sizes:
        raise ValueError(ALLOWED)
    for signal, time_s in times.items():
        if not LEAST[signal] <= time_s <= _MOST_S or (signal != TRACES and time_s % HOUR_S):
            whole = "" if signal == TRACES else ", in whole hours"
            raise ValueError(f"{signal}= of {_short(LEAST[signal])} to {_short(_MOST_S)}{whole}")
    for signal, size in sizes.items():
        if not LEAST_BYTES[signal] <= size <= _MOST_BYTES:
            raise ValueError(f"{signal}= of at least {_short_size(LEAST_BYTES[signal])}")
    return Limits(_in_order(times), _in_order(sizes))


def of_lab(switches: Mapping[str, str], traces_s: int = DEFAULTS[TRACES]) -> dict[str, int]:
    """Seconds by signal, of a lab with these switches; `traces_s`: the viewer's, where the switch does not say it."""
    return {**DEFAULTS, TRACES: traces_s, **_given(switches).times_s}


def sizes_of_lab(switches: Mapping[str, str], traces_bytes: int = DEFAULT_BYTES[TRACES]) -> dict[str, int]:
    """Bytes by signal, in the same way."""
    return {**DEFAULT_BYTES, TRACES: traces_bytes, **_given(switches).sizes}


def with_time(text: str, signal: str, time_s: int) -> str:
    """The value with another time for one signal."""
    found = limits(text) if text else Limits()
    times = _in_order({**found.times_s, signal: time_s})
    words = [*(f"{name}={_short(one)}" for name, one in times.items())]
    return ",".join([*words, *(f"{name}={_short_size(one)}" for name, one in found.sizes.items())])


def effect(text: str) -> Effect:
    found = limits(text)
    given = (
        (PROMETHEUS, "--storage.tsdb.retention.time", METRICS, found.times_s, _short),
        (PROMETHEUS, "--storage.tsdb.retention.size", METRICS, found.sizes, lambda size: f"{size}B"),
        (VICTORIA_LOGS, "-retentionPeriod", LOGS, found.times_s, _short),
        (VICTORIA_LOGS, "-retention.maxDiskSpaceUsageBytes", LOGS, found.sizes, str),
    )
    arguments: dict[str, dict[str, str]] = {}
    for component, flag, signal, values, written in given:
        if signal in values:
            arguments.setdefault(component.name, {})[flag] = written(values[signal])
    return Effect((), arguments=arguments, program=False)


def _given(switches: Mapping[str, str]) -> Limits:
    return limits(switches[NAME]) if switches.get(NAME, OFF) != OFF else Limits()


def _in_order(values: Mapping[str, int]) -> dict[str, int]:
    return {signal: values[signal] for signal in LEAST if signal in values}


def _short(time_s: int) -> str:
    """In a unit that each of the programs knows: VictoriaLogs takes `m` for no minute."""
    unit, size = next(pair for pair in (("d", DAY_S), ("h", HOUR_S), ("m", 60)) if time_s % pair[1] == 0)
    return f"{time_s // size}{unit}"


def _short_size(size: int) -> str:
    unit, one = next(pair for pair in (("GiB", 1 << 30), ("MiB", 1 << 20)) if size % pair[1] == 0)
    return f"{size // one}{unit}"


RETENTION: Final = Switch(
    NAME, "SIGNAL=TIME|SIZE,…|off", ("traces=24h,metrics=15d,logs=3d", "logs=7d,logs=1GiB"),
    "how long, or up to what size, the stores keep telemetry: traces in the viewer, with all that it has; metrics in Prometheus, "
    "logs in VictoriaLogs", effect, repeatable=True,
)
