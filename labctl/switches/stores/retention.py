"""--retention: how long every store of the lab keeps its telemetry, given in one place by signal.

Subtle: the viewer has one age for all that it stores, which is that of the traces. Jaeger's store has no age: it keeps a number
of traces in memory (manifests/addons/jaeger/config.yaml). A store that reaches its limit in bytes first drops its oldest earlier.
"""

import re
from collections.abc import Mapping
from typing import Final

from labctl.components import PROMETHEUS, VICTORIA_LOGS
from labctl.switches.switch import OFF, Effect, Switch

NAME: Final = "retention"
TRACES, METRICS, LOGS = "traces", "metrics", "logs"
HOUR_S: Final = 3600
DAY_S: Final = 24 * HOUR_S
LEAST: Final = {TRACES: 60, METRICS: 2 * HOUR_S, LOGS: DAY_S}
"""Seconds: Prometheus drops whole blocks of two hours, VictoriaLogs whole days (-retentionPeriod refuses less than one)."""
DEFAULTS: Final = {TRACES: DAY_S, METRICS: 15 * DAY_S, LOGS: 3 * DAY_S}
"""Of a lab without --retention, as the components' table and the manifests have it; LABCTL_VIEWER_MAX_AGE for the viewer."""
ALLOWED: Final = "traces=TIME, metrics=TIME, logs=TIME, several with commas, such as traces=24h,metrics=15d,logs=3d"
_UNITS: Final = {"m": 60, "h": HOUR_S, "d": DAY_S}
_MOST_S: Final = 3650 * DAY_S


def seconds(text: str) -> dict[str, int]:
    """By signal, in their order. Raises ValueError with what is allowed."""
    given = {}
    for word in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"(traces|metrics|logs)=(\d{1,6})([mhd])", word)
        if not match or match[1] in given:
            raise ValueError(f"each once of {ALLOWED}")
        given[match[1]] = int(match[2]) * _UNITS[match[3]]
    if not given:
        raise ValueError(ALLOWED)
    for signal, time_s in given.items():
        if not LEAST[signal] <= time_s <= _MOST_S or (signal != TRACES and time_s % HOUR_S):
            whole = "" if signal == TRACES else ", in whole hours"
            raise ValueError(f"{signal}= of {_short(LEAST[signal])} to {_short(_MOST_S)}{whole}")
    return {signal: given[signal] for signal in LEAST if signal in given}


def of_lab(switches: Mapping[str, str], traces_s: int = DEFAULTS[TRACES]) -> dict[str, int]:
    """Seconds by signal, of a lab with these switches; `traces_s`: the viewer's, where the switch does not say it."""
    given = seconds(switches[NAME]) if switches.get(NAME, OFF) != OFF else {}
    return {**DEFAULTS, TRACES: traces_s, **given}


def with_time(text: str, signal: str, time_s: int) -> str:
    """The value with another time for one signal."""
    times = {**(seconds(text) if text else {}), signal: time_s}
    return ",".join(f"{name}={_short(times[name])}" for name in LEAST if name in times)


def effect(text: str) -> Effect:
    given = seconds(text)
    arguments = {}
    if METRICS in given:
        arguments[PROMETHEUS.name] = {"--storage.tsdb.retention.time": _short(given[METRICS])}
    if LOGS in given:
        arguments[VICTORIA_LOGS.name] = {"-retentionPeriod": _short(given[LOGS])}
    return Effect((), arguments=arguments, program=False)


def _short(time_s: int) -> str:
    """In a unit that each of the programs knows: VictoriaLogs takes `m` for no minute."""
    unit, size = next(pair for pair in (("d", DAY_S), ("h", HOUR_S), ("m", 60)) if time_s % pair[1] == 0)
    return f"{time_s // size}{unit}"


RETENTION: Final = Switch(
    NAME, "SIGNAL=TIME,…|off", ("traces=24h,metrics=15d,logs=3d", "logs=7d"),
    "how long the stores keep telemetry: traces in the viewer, with all that it has; metrics in Prometheus, logs in VictoriaLogs",
    effect, repeatable=True,
)
