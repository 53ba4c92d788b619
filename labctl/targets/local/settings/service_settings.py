"""What an `up` changes of a component's settings, and whether the component can use them, asked before anything is stopped.

Subtle: the component itself judges them, in a short process. A program that fails in another way than by exit code 2 is left to
the start, which shows what it wrote.
"""

from dataclasses import dataclass

from labctl.components import SERVICE, Component
from labctl.config import BY_NAME
from labctl.errors import UsageError
from labctl.host import daemons
from labctl.host.daemons import Running
from labctl.model import LabSpec
from labctl.redaction import redacted
from labctl.targets.local import processes

JUDGED_S = 20.0
REFUSED = 2


@dataclass(frozen=True, slots=True)
class SettingChange:
    name: str
    before: str | None                  # None: it was not given
    now: str | None

    def __str__(self) -> str:
        """`SLOW_SPAN format_response:2%:400ms → off`; without the values where they may be secret, as in a header."""
        setting = BY_NAME.get(self.name)
        if setting is None:
            return self.name
        before, now = (setting.default if text is None else text for text in (self.before, self.now))
        return redacted(f"{self.name} {before or 'unset'} → {now or 'unset'}")


def changes(spec: LabSpec, running: Running | None, component: Component = SERVICE) -> list[SettingChange]:
    """Compare the settings with those in the environment of the running process, in the order of their names."""
    before, now = (running.environment() if running else {}), processes.settings(spec, component)
    gone = (name for name in before if _is_setting(name) and name not in component.process.env)
    compared = (SettingChange(name, before.get(name), now.get(name)) for name in sorted({*now, *gone}))
    return [one for one in compared if one.before != one.now]


def _is_setting(name: str) -> bool:
    return name.startswith("OTEL_") or (name in BY_NAME and BY_NAME[name].service)


def require_usable(spec: LabSpec, changed: list[SettingChange], component: Component = SERVICE) -> None:
    """Raises UsageError with the component's own words when it cannot use what has been given anew."""
    given = [change.name for change in changed if change.now is not None]
    if given and (said := refusal(spec, component)):
        source = ", ".join(f"{name} ({spec.service_env_from.get(name, 'environment or .env')})" for name in given)
        raise UsageError(f"{said}: the lab was not changed", detail=f"new: {source}", hint="labctl config")


def refusal(spec: LabSpec, component: Component = SERVICE) -> str:
    """What the component says against its settings; empty when it can use them."""
    from labctl.host import commands  # only where there is something to judge

    judge = processes.judge(spec, component)
    folder = judge.log.parent if judge.log.parent.is_dir() else None
    return commands.refusal(judge.argv, REFUSED, timeout=JUDGED_S, env=daemons.environment(judge), cwd=folder)
