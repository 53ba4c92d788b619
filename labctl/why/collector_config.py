"""The collector's configuration as it applies: its YAML with the variables of its process filled in."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from labctl.errors import LabError
from labctl.findings import Evidence
from labctl.host.documents import parse_yaml
from labctl.switches import chosen
from labctl.why.facts import Facts

COLLECTOR: Final = "collector"
SOURCE: Final = "the collector's configuration"
MANIFEST: Final = "manifests/collector-config.yaml"
_VARIABLE: Final = re.compile(r"\$\{(?:env:)?(\w+)(?::-([^}]*))?\}")
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|us|ns|h|m|s)")
_SECONDS: Final = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class CollectorPipeline:
    name: str                           # `traces`, `metrics/2`
    receivers: Sequence[str]
    processors: Sequence[str]
    exporters: Sequence[str]

    @property
    def signal(self) -> str:
        return self.name.partition("/")[0]


@dataclass(frozen=True, slots=True)
class CollectorConfig:
    document: Mapping[str, Any]

    def of(self, *keys: str) -> Any:
        """What is at a path; None where there is nothing."""
        found: Any = self.document
        for key in keys:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found

    def pipelines(self, signal: str) -> list[CollectorPipeline]:
        every = self.of("service", "pipelines")
        named = every.items() if isinstance(every, Mapping) else ()
        return [
            CollectorPipeline(name, *(_names(self.of("service", "pipelines", name, part)) for part in _PARTS))
            for name, _ in named if name.partition("/")[0] == signal
        ]

    def used(self, part: str, kind: str, signal: str = "traces") -> Iterator[tuple[str, Any]]:
        """The components of a kind in the signal's pipelines, such as ("processors", "filter"), with their settings."""
        for pipeline in self.pipelines(signal):
            for name in getattr(pipeline, part):
                if name.partition("/")[0] == kind:
                    yield name, self.of(part, name)

    def paths(self) -> dict[str, Any]:
        """Every value by its path, such as `processors.batch.timeout`."""
        return dict(_flat(self.document, ""))


_MOST: Final = 4                        # pieces of evidence of one change
_PARTS: Final = ("receivers", "processors", "exporters")


def running(facts: Facts) -> CollectorConfig | None:
    """None where it is unknown, or no YAML."""
    component = facts.component(COLLECTOR)
    if component is None or not component.config:
        return None
    # one that has ended had the variables that it would have again
    return _read(component.config, _frozen(component.env or (component.expected.env if component.expected else {})))


def expected(facts: Facts) -> CollectorConfig | None:
    """What the project's manifest gives; None where it is unknown."""
    component = facts.component(COLLECTOR)
    given = component.expected if component else None
    return _read(given.config, _frozen(given.env)) if given and given.config else None


def changed(facts: Facts) -> dict[str, tuple[Any, Any]]:
    """The paths where the running configuration is not what the project gives: (as it runs, as it should be)."""
    now, should = running(facts), expected(facts)
    if now is None or should is None:
        return {}
    have, want = now.paths(), should.paths()
    return {path: (have.get(path), want.get(path)) for path in (*have, *(want.keys() - have)) if have.get(path) != want.get(path)}


def is_changed(facts: Facts, *prefixes: str) -> bool:
    return any(path == prefix or path.startswith(f"{prefix}.") for path in changed(facts) for prefix in prefixes)


def evidence(facts: Facts, *prefixes: str) -> tuple[Evidence, ...]:
    """What the running configuration says at these paths where it differs from the project's, and what the project's says."""
    found = []
    for path, (now, should) in changed(facts).items():
        if any(path == prefix or path.startswith(f"{prefix}.") for prefix in prefixes):
            found.append(Evidence(SOURCE, f"{path}: {shown(now)}; the project's manifest says {shown(should)}"))
    return tuple(found[:_MOST])


def quoted(facts: Facts, path: str) -> Evidence:
    config = running(facts)
    return Evidence(SOURCE, f"{path}: {shown(config.of(*path.split('.')) if config else None)}")


def remedy(facts: Facts, *prefixes: str) -> str:
    """`labctl up` where the running one is not the project's; else what takes the switch back, or restores the project's file."""
    if is_changed(facts, *prefixes) or _is_another_text(facts):
        return "labctl up"
    if switch := _switch_of(facts, prefixes):
        return f"labctl up --{switch} off"
    if (facts.spec.project / ".git").exists():
        return f"git -C {facts.spec.project} restore {MANIFEST} && labctl up"
    return f"correct {prefixes[0]} in {facts.spec.project / MANIFEST}, then: labctl up"


def _switch_of(facts: Facts, prefixes: Sequence[str]) -> str:
    """The switch whose folder is the only one to say something at these paths; "": none, or the project's own file does too."""
    manifests = facts.spec.project / "manifests"
    if _says(manifests / "collector-config.yaml", prefixes):
        return ""
    on = facts.observation.switches
    found = (name for name, text in on.items() for folder in chosen.folders({name: text})
             if _says(manifests / folder / "collector.yaml", prefixes))
    return next(found, "")


def _says(file: Path, prefixes: Sequence[str]) -> bool:
    """Whether the configuration in it, of a ConfigMap or as it is, has something there; not of a file that cannot be read."""
    try:
        documents = parse_yaml(file.read_text(), str(file), LabError)
        data = (one.field("data").fields() for one in documents if one.field("data").present)
        nested = [inner for texts in data for text in texts.values() for inner in parse_yaml(text.text(), str(file), LabError)]
    except (OSError, ValueError, LabError):
        return False
    paths = [path for one in (*documents, *nested) for path, _ in _flat(one.value, "")]
    return any(path == prefix or path.startswith(f"{prefix}.") for path in paths for prefix in prefixes)


def _is_another_text(facts: Facts) -> bool:
    component = facts.component(COLLECTOR)
    return bool(component and component.config and component.expected and component.config != component.expected.config)


def seconds(text: object) -> float | None:
    """Of `1m30s`; None for what is no duration."""
    parts = _DURATION.findall(text) if isinstance(text, str) else []
    return sum(float(number) * _SECONDS[unit] for number, unit in parts) if parts else None


def shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(str, value))}]"
    return "nothing" if value is None else str(value)


def _frozen(env: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(env.items()))


@lru_cache(maxsize=8)
def _read(text: str, env: tuple[tuple[str, str], ...]) -> CollectorConfig | None:
    variables = dict(env)
    filled = _VARIABLE.sub(lambda found: variables.get(found[1]) or found[2] or "", text)
    try:
        documents = parse_yaml(filled, SOURCE, LabError)
    except LabError:
        return None
    document = documents[0].value if documents else None
    return CollectorConfig(document) if isinstance(document, Mapping) else None


def _names(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, value
