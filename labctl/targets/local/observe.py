"""What the diagnosis looks at where the lab is plain processes: environment, command line, configuration file and log."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from labctl.components import BY_NAME, of
from labctl.errors import LabError
from labctl.host import documents, ports
from labctl.host.background_task import BackgroundTask
from labctl.host.daemons import Running
from labctl.model import Expected, Health, LabSpec, LogLine, LogQuery, Observation, ObservedComponent, State
from labctl.redaction import redacted, secrets_of, without_secrets
from labctl.targets.local import logs, processes, usage
from labctl.targets.local.lab_processes import LabProcesses
from labctl.targets.local.rules import RULES

LINES = 200
LINES_OF_ONE_GONE = 5000                # a program in Go ends with the stacks of all goroutines
MOST_OF_LINE = 4096                     # characters
USAGE_S = 0.7

HealthOf = Callable[[list[Running]], list[Health]]


@dataclass(frozen=True, slots=True)
class _Look:
    """What is known before a component is looked at by itself."""

    spec: LabSpec
    there: Mapping[str, Running]
    secrets: frozenset[str]


def observe(spec: LabSpec, running: list[Running], health_of: HealthOf) -> Observation:
    """`spec` with the ports of the running lab."""
    health, used = BackgroundTask(lambda: health_of(running)), BackgroundTask(lambda: usage.over(running, USAGE_S))
    there = {one.component: one for one in running}
    look = _Look(spec, there, frozenset().union(*(secrets_of(one.environment()) for one in running)))
    failed: list[str] = []
    listening = ports.listening()
    found = {name: _component(look, name, failed) for name in (one.name for one in of(spec.switches))}
    found = {one.name: replace(found[one.name], health=one) for one in health.result()}
    lab = LabProcesses(spec, there, found, listening)
    findings = [finding for rule in RULES for finding in rule.find(lab)]
    figures = used.result()
    return Observation(
        {name: replace(one, usage=figures.get(name)) for name, one in found.items()}, findings,
        [rule.looks_at for rule in RULES], failed, spec.switches,
    )


def _component(look: _Look, name: str, failed: list[str]) -> ObservedComponent:
    """Without its health and usage, which take a moment."""
    process, unknown = look.there.get(name), Health(name, State.STARTING)
    lines = _log(look, name, LINES if process else LINES_OF_ONE_GONE)
    if process is None:
        if logs.is_of_before(processes.log_of(look.spec, name), min((one.started for one in look.there.values()), default=0.0)):
            lines = []
        expected = None if processes.hosted(BY_NAME[name]) else _expected(look, name, failed)
        return ObservedComponent(unknown, config=_config(look, name), previous_log=lines, expected=expected)
    return ObservedComponent(
        unknown, without_secrets(process.environment()), _config(look, name),
        log=[line for line in lines if _at(line) >= process.started],
        previous_log=[line for line in lines if _at(line) < process.started],
        arguments=[redacted(word, look.secrets) for word in process.arguments()], expected=_expected(look, name, failed),
        given=process.given_settings(),
    )


def _log(look: _Look, component: str, count: int) -> list[LogLine]:
    lines = list(logs.read(look.spec, LogQuery([component], tail=count), {}))
    # all at once: to look for secrets in each line takes longer. Far beyond what is kept: a secret must not be cut in two
    texts = redacted("\n".join(line.text[:16 * MOST_OF_LINE] for line in lines), look.secrets).split("\n")
    return [replace(line, text=text[:MOST_OF_LINE]) for line, text in zip(lines, texts, strict=False)]


def _at(line: LogLine) -> float:
    return line.at or 0.0


def _config(look: _Look, component: str) -> str:
    """The text of its files."""
    if processes.hosted(BY_NAME[component]):
        return ""
    paths = (look.spec.state / file.key for file in BY_NAME[component].files)
    texts = (documents.read_bytes(path).decode(errors="replace") for path in paths if path.exists())
    return redacted("\n".join(texts), look.secrets)


def _expected(look: _Look, component: str, failed: list[str]) -> Expected | None:
    try:
        found = processes.expected(look.spec, BY_NAME[component])
    except LabError as error:
        failed.append(f"what {component} should be given: {error.message}")
        return None
    words = [redacted(word, look.secrets) for word in found.arguments]
    return Expected(without_secrets(found.env), redacted(found.config, look.secrets), words)
