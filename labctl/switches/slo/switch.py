"""The switch --slo: its value is written into the rules file of the add-on Prometheus."""

from collections.abc import Mapping
from shlex import quote
from typing import Final

from labctl.components import WITH
from labctl.errors import UsageError
from labctl.switches import addons
from labctl.switches.slo import rules
from labctl.switches.slo.objectives import read
from labctl.switches.switch import OFF, Effect, ObjectValue, Switch

NAME: Final = "slo"


def effect(text: str) -> Effect:
    value = ObjectValue("ConfigMap", "prometheus-config", "/data/slo-rules.yaml", rules.text(read(text)))
    return Effect((), objects=(value,), program=False)


def settled(text: str, on: Mapping[str, str]) -> str:
    """Raises UsageError where there is no Prometheus to watch it."""
    there = addons.names(on[WITH]) if on.get(WITH, OFF) != OFF else []
    if addons.PROMETHEUS not in there:
        wanted = ",".join([addons.PROMETHEUS, *there])
        raise UsageError(
            f"--{NAME} {text} needs Prometheus, which evaluates it",
            hint=f"labctl up --{WITH} {wanted} --{NAME} {quote(text)}\nlabctl up --{NAME} {OFF}",
        )
    return read(text).text


SLO: Final = Switch(
    NAME, "OBJECTIVE,…|off", ("p99<200ms,errors<1%", "p99.9<1000ms,window=7d,scale=100"),
    "service level objectives, with alerts on how fast their error budgets are used up; see labctl slo",
    effect, settled=settled, needs=(WITH,),
)
