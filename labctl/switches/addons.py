"""--with: what runs besides the lab's own components, each a folder of manifests/addons and rows of the components' table."""

import re
from collections.abc import Iterable, Mapping
from shlex import quote
from typing import Final

from labctl.components import ADDONS, BY_NAME, COLLECTOR, GRAFANA, WITH, of
from labctl.errors import UsageError
from labctl.switches.destinations import PROMETHEUS_PORT, destinations, scraped_port
from labctl.switches.switch import OFF, Copy, Effect, Switch, Unlike, unlike

PROMETHEUS: Final = "prometheus"
ALERTMANAGER: Final = "alertmanager"
_EXPORTED: Final = frozenset({"jaeger"})
"""What the collector sends to by the preset of --export of that name."""
_NEED_PROMETHEUS: Final = frozenset({ALERTMANAGER, GRAFANA.addon})      # which hand on its alerts, or show its metrics
SECURED: Final = {ALERTMANAGER: ("tls", "auth")}
HPA: Final = "hpa"
METRICS_SERVER: Final = "metrics-server"
NAMES: Final = (*dict.fromkeys(component.addon for component in ADDONS), HPA)
_NOT_SCALED: Final = "plain processes are not autoscaled"
OF_CLUSTERS: Final = {HPA: _NOT_SCALED, METRICS_SERVER: _NOT_SCALED, GRAFANA.addon: "labctl runs Grafana only from its image"}
"""Those that only a cluster can have, and why."""
_SHOWN: Final = ("jaeger", "logs")
"""What Grafana shows beside Prometheus, where the lab has it: folders of manifests/addons/grafana/sources."""
ALLOWED: Final = f"{', '.join(NAMES)}; several with commas"
_MOST_PORT: Final = 65535


def names(text: str) -> list[str]:
    """In the table's order. Raises ValueError with what is allowed."""
    ports = _ports(text)
    return [name for name in NAMES if name in ports]


def _ports(text: str) -> dict[str, int]:
    """By the add-on, the port that was given with it; 0: none."""
    found = {}
    for word in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"([-a-z]+)(?::(\d{1,5}))?", word, re.ASCII)
        if not match or match[1] not in NAMES:
            raise _unknown(match[1] if match else word)
        found[match[1]] = int(match[2] or 0)
        if match[2] and (match[1] != PROMETHEUS or not _is_free(int(match[2]))):
            raise ValueError(f"{PROMETHEUS}:PORT, with a port that the collector does not use")
    if not found:
        raise ValueError(ALLOWED)
    if _NEED_PROMETHEUS & found.keys():
        found.setdefault(PROMETHEUS, 0)
    return found


def _unknown(word: str) -> ValueError:
    """A component's name is that of its add-on too."""
    addon = next((component.addon for component in ADDONS if component.name == word), "")
    return Unlike(f"{addon}, the add-on with {word}", word, addon) if addon else unlike(word, NAMES, ALLOWED)


def _is_free(port: int) -> bool:
    return 0 < port <= _MOST_PORT and port not in {one.own for one in COLLECTOR.ports}


def scraped(on: Mapping[str, str]) -> int:
    """The port of the collector that Prometheus reads the metrics from, by --export or --with; 0: none."""
    exported = scraped_port(on["export"]) if on.get("export", OFF) != OFF else 0
    ports = _ports(on[WITH]) if on.get(WITH, OFF) != OFF else {}
    return exported or (ports[PROMETHEUS] or PROMETHEUS_PORT if PROMETHEUS in ports else 0)


def settled(text: str, on: Mapping[str, str]) -> str:
    """With Prometheus's port where that is another one. Raises UsageError where another switch contradicts an add-on."""
    found = _ports(text)
    elsewhere = destinations(on["export"]) if "export" in on else []
    if taken := next((one for one in elsewhere if one.name in _EXPORTED & found.keys() and one.address), None):
        raise UsageError(
            f"--with {taken.name}: --export {taken.name}={taken.address} is another {taken.name}",
            hint=f"labctl up --with {quote(text)} --export other={taken.address}",
        )
    port = scraped(on)
    return ",".join(f"{name}:{port}" if name == PROMETHEUS and port != PROMETHEUS_PORT else name for name in names(text))


def with_metrics(on: dict[str, str], *, has_metrics: bool) -> dict[str, str]:
    """With metrics-server where the autoscaler is on and the cluster has no metrics API of others."""
    found = names(on[WITH]) if on.get(WITH, OFF) != OFF else []
    if HPA not in found or has_metrics or METRICS_SERVER in found:
        return on
    return {**on, WITH: settled(f"{on[WITH]},{METRICS_SERVER}", on)}


def is_autoscaled(on: Mapping[str, str]) -> bool:
    return on.get(WITH, OFF) != OFF and HPA in names(on[WITH])


def require_one_count(on: Mapping[str, str], overrides: Mapping[str, str]) -> None:
    """Raises UsageError where both an override and the autoscaler are to say how many pods the service has."""
    text = on.get(WITH, OFF)
    if is_autoscaled(on) and (count := overrides.get("service.replicas")):
        raise UsageError(
            f"service.replicas={count}: with --with {HPA} the autoscaler sets the number of replicas",
            hint=f"labctl up --unset service.replicas\nlabctl up --with {without(text, {HPA, METRICS_SERVER})}",
        )


def require_there(on: Mapping[str, str], given: Mapping[str, str]) -> None:
    """Raises UsageError where an override is of an add-on that the lab does not have."""
    there = [component.name for component in of(on)]
    for name, text in given.items():
        component = BY_NAME[name.partition(".")[0]]
        if text and component.name not in there:
            more = ",".join([*([on[WITH]] if WITH in on else []), component.addon])
            raise UsageError(
                f"--set {name}: the lab does not have the add-on {component.addon}",
                hint=f"labctl up --with {more} --set {name}={text}",
            )


def at_port(text: str, port: int) -> str:
    """The value with another port for Prometheus."""
    return ",".join(f"{name}:{port}" if name == PROMETHEUS else name for name in names(text))


def without(text: str, gone: Iterable[str]) -> str:
    """The value less these add-ons, and those that need them; `off` where none is left."""
    less = {*gone, *(_NEED_PROMETHEUS if PROMETHEUS in gone else ())}
    ports = _ports(text)
    return ",".join(f"{name}:{ports[name]}" if ports[name] else name for name in NAMES if name in ports.keys() - less) or OFF


def effect(text: str) -> Effect:
    found = _ports(text)
    port = {str(PROMETHEUS_PORT): str(found.get(PROMETHEUS, 0) or PROMETHEUS_PORT)}
    exports = {PROMETHEUS: Copy("export-prometheus", port), **{name: Copy(f"export-{name}") for name in _EXPORTED}}
    copies = [
        copy for name in names(text)
        for copy in (*([exports[name]] if name in exports else []), Copy(f"addons/{name}", port if name == PROMETHEUS else {}))
    ]
    if GRAFANA.addon in found:
        copies += [Copy(f"addons/{GRAFANA.addon}/sources/{name}") for name in _SHOWN if name in found]
    return Effect((), copies=tuple(copies))


def secured(on: Mapping[str, str]) -> Effect:
    """What the add-ons that send to the lab's own components need where those are secured: folders of the add-on's, by switch."""
    there = names(on[WITH]) if on.get(WITH, OFF) != OFF else []
    return Effect((), copies=tuple(
        Copy(f"addons/{name}/{switch}") for name in there for switch in SECURED.get(name, ()) if on.get(switch, OFF) != OFF
    ))


ADD_ONS: Final = Switch(
    WITH, "ADDON,…|off", ("prometheus,jaeger,logs", "alertmanager", "metrics-server,hpa"),
    f"all add-ons that the lab is to have, several with commas; those not named are removed: {', '.join(NAMES)}",
    effect, repeatable=True, settled=settled,
)
