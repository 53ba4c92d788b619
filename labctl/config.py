"""Every setting of a lab, decided in one place: flag > environment > `.env` > default.

Settings of the service are passed on unchanged; only the service itself validates them. Overrides of the manifests
(`labctl.overrides`) come from flags alone, since the lab keeps them until they are taken back. It keeps switches too
(`labctl.switches`): one that is not given stays as it is.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from shlex import quote

from labctl import components, overrides
from labctl.errors import UsageError, again
from labctl.host import folders
from labctl.host.documents import read_dotenv
from labctl.model import LabSpec
from labctl.project import Project, find
from labctl.switches.switch import OFF, Unlike
from labctl.switches.table import SWITCHES

NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,48}[a-z0-9])?")
SIMILAR = 0.8                           # from 0 to 1: above it, an unknown name counts as a typo of a known one
SIZES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
SPANS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Setting:
    name: str
    default: str
    meaning: str
    allowed: Callable[[str], object] = str       # raises ValueError with what is allowed
    service: bool = False                        # passed to the service, which validates it
    flag: str = ""                               # of its own, beside `--set NAME=VALUE`


@dataclass(frozen=True, slots=True)
class Value:
    setting: Setting
    text: str
    source: str                                  # flag | environment | .env | default

    def written(self) -> str:
        """As the user wrote it."""
        if self.source == "flag" and self.setting.flag:
            return f"{self.setting.flag} {self.text}"
        return f"{self.setting.name}={self.text} ({'--set' if self.source == 'flag' else self.source})"


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:  # noqa: PLR2004 - the range of TCP
        raise ValueError("a port from 1 to 65535")
    return int(text)


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ValueError("1 to 50 of a-z, 0-9 and -, not at an end")
    return text


def _target(text: str) -> str:
    if text not in {"auto", "local", "kind"}:
        raise ValueError("auto, local or kind")
    return text


def size(text: str) -> int:
    """Bytes of `512M`, `2G`, `1000`."""
    match = re.fullmatch(r"(\d+)([kmg]?)(?:i?b)?", text.strip().lower())
    if not match:
        raise ValueError("a size such as 512M or 2G")
    return int(match[1]) * SIZES[match[2]]


def span(text: str) -> float:
    """Seconds of `30s`, `5m`, `2h`, `1d`, `1m30s`, or a bare number of seconds."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    if not re.fullmatch(r"(\d+(\.\d+)?(ms|[smhd]))+", text):
        raise ValueError("a time such as 30s, 5m or 1h30m")
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|[smhd])", text)
    return sum(float(number) * (0.001 if unit == "ms" else SPANS[unit]) for number, unit in parts)


def seconds(text: str, option: str) -> float:
    """The seconds that an option gives. Raises UsageError that names it."""
    try:
        return span(text)
    except ValueError as error:
        raise UsageError(f"{option} {text}: expected {error}") from None


SETTINGS = (
    Setting("LABCTL_LAB", "ai-ml-lab-2-2", "the lab's name", _name, flag="--lab"),
    Setting("LABCTL_TARGET", "auto", "where the lab runs: auto, local or kind", _target, flag="--target"),
    Setting(
        "LABCTL_CLUSTER", "", "kind's name for the cluster; empty: where the lab is found, else mcp-cluster", _name,
        flag="--cluster",
    ),
    Setting(
        "LABCTL_NAMESPACE", "", "the namespace; empty: where the lab is found, else the lab's name", _name, flag="--namespace",
    ),
    Setting(
        "LABCTL_PROJECT", "", "the folder that holds service/ and manifests/; empty: found from the current folder",
        flag="--project",
    ),
    Setting("LABCTL_STATE_DIR", "", "logs and stores; empty: $XDG_STATE_HOME/labctl, else ~/.local/state/labctl"),
    *(Setting(port.setting, str(port.default), port.meaning, _port) for _, port in components.ports()),
    Setting("LABCTL_VIEWER_MAX_SIZE", "1G", "size above which the viewer's store deletes the oldest telemetry", size),
    Setting("LABCTL_VIEWER_MAX_AGE", "24h", "age above which the viewer's store deletes telemetry", span),
    *(Setting(one.setting, OFF, one.meaning, one.allowed, flag=f"--{one.name}") for one in SWITCHES),
    Setting("APP_ENV", "local", "the environment that the service reports", service=True),
    Setting("OTEL_EXPORTER_OTLP_ENDPOINT", "", "where the service exports to; empty: the lab's collector", service=True),
    Setting(
        "OTLP_TOKEN_FILE", "", "a file with the bearer token that the service sends over TLS; empty: the lab's, with --auth",
        service=True,
    ),
    Setting("OTEL_SERVICE_NAME", "ai-inference-service", "the service's name in its telemetry", service=True),
    Setting("DEFAULT_LATENCY_MS", "100", "how long an inference takes, in milliseconds", service=True),
    Setting("LATENCY_JITTER", "20%", "how much that time varies, up and down", service=True),
    Setting("MAX_BATCH_SIZE", "32", "rows in one /predict/batch", service=True),
    Setting("MODEL_WORK", "sleep", "how an inference spends its time: sleep, or cpu (busy)", service=True),
    Setting("SLOW_SPAN", "off", "slow down a step of some requests, such as format_response:1%:400ms", service=True),
    Setting("FAILING_SPAN", "off", "let a step fail in some requests, such as model_inference:5%", service=True),
    Setting("RECEIVE_TIMEOUT_MS", "5000", "how long a client may take to send a request", service=True),
    Setting("DRAIN_MS", "0", "after SIGTERM: how long to keep serving while /ready answers 503", service=True),
    Setting("SHUTDOWN_GRACE_MS", "10000", "after that: how long running requests may take to finish", service=True),
    Setting("FLUSH_TIMEOUT_MS", "5000", "at the end: how long flushing telemetry may take", service=True),
)
BY_NAME = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True, slots=True)
class Config:
    values: Mapping[str, Value]
    extra: Mapping[str, str]                     # further OTEL_* variables, passed to the service as they are
    project: Project
    dotenv: Path | None                          # the file that was read
    doubts: tuple[str, ...] = ()                 # names in it that look like a typo of a setting
    extra_from: Mapping[str, str] = field(default_factory=dict)     # where each of `extra` comes from, as in Value
    overrides: Mapping[str, str] = field(default_factory=dict)     # of the manifests, as given anew; "" takes one back
    variables: Mapping[str, Value] = field(default_factory=dict)   # of switches, by name, whatever a flag says of them

    def __getitem__(self, name: str) -> str:
        return self.values[name].text

    def spec(self) -> LabSpec:
        ports = {port.name: _port(self[port.setting]) for _, port in components.ports()}
        _distinct({port.name: ports[port.name] for component in components.of(self.switches) for port in component.ports})
        given = {n: v.text for n, v in self.values.items() if v.setting.service and v.source != "default"}
        return LabSpec(
            name=self["LABCTL_LAB"], project=self.project.root, state=self.state, ports=ports,
            service_env={**self.extra, **given},
            viewer_max_bytes=size(self["LABCTL_VIEWER_MAX_SIZE"]), viewer_max_age_s=int(span(self["LABCTL_VIEWER_MAX_AGE"])),
            cluster=self["LABCTL_CLUSTER"], namespace=self["LABCTL_NAMESPACE"],
            service_env_from={**self.extra_from, **{name: self.values[name].source for name in given}},
            overrides=self.overrides, switches=self.switches,
        )

    @property
    def switches(self) -> dict[str, str]:
        """Those that are given, by name; a lab keeps the others as they are."""
        found = {switch.name: self.values[switch.setting] for switch in SWITCHES}
        return {name: value.text for name, value in found.items() if value.source != "default"}

    def require_same_lab(self, other: "Config") -> None:
        """Raises UsageError where a setting has changed that says which lab this is, or where it lives."""
        for name in ("LABCTL_LAB", "LABCTL_TARGET", "LABCTL_STATE_DIR", "LABCTL_PROJECT", "LABCTL_CLUSTER", "LABCTL_NAMESPACE"):
            if self[name] != other[name]:
                before, now = (config[name] or "nothing" for config in (other, self))
                raise UsageError(
                    f"{name} has changed from {before} to {now}: that is another lab",
                    advice="end this command first",
                )

    @property
    def state(self) -> Path:
        named = self["LABCTL_STATE_DIR"]
        return (folders.named(named, "LABCTL_STATE_DIR") if named else folders.state_home() / "labctl") / self["LABCTL_LAB"]


def checked(pairs: Mapping[str, str]) -> None:
    """What `--set` gives. Raises UsageError that names it so, where a setting has a flag of its own."""
    for name, text in pairs.items():
        if name in BY_NAME and text.strip():
            _checked(Value(replace(BY_NAME[name], flag=""), text.strip(), "flag"))


def load(flags: Mapping[str, str | None], environ: Mapping[str, str] = os.environ, cwd: Path | None = None) -> Config:
    """Decide every setting. Raises UsageError that names the setting, its value, its source and what is allowed."""
    here = cwd or folders.current()
    typed = {name: text for name, text in flags.items() if text is not None}
    given = {name: text for name, text in typed.items() if not overrides.is_one(name)}
    named = given.get("LABCTL_PROJECT") or environ.get("LABCTL_PROJECT")
    project = find(here, named)
    dotenv = _dotenv(here, project)
    layers = (("flag", given), ("environment", environ), (".env", read_dotenv(dotenv) if dotenv else {}))
    for source, layer in layers:
        _refuse_unknown(layer, str(dotenv) if source == ".env" else source)
    values = {setting.name: _decide(setting, layers) for setting in SETTINGS}
    changes = overrides.checked({name: text for name, text in typed.items() if overrides.is_one(name)})
    extra = _extra(layers)
    texts, sources = ({name: one[part] for name, one in extra.items()} for part in (0, 1))
    variables = {one.name: _decide(BY_NAME[one.setting], layers[1:]) for one in SWITCHES}
    places = {"environment": "the environment", ".env": str(dotenv)}
    lasting = {name: replace(one, source=places[one.source]) for name, one in variables.items() if one.source in places}
    return Config(values, texts, project, dotenv, tuple(_typos(layers[-1][1], dotenv)), sources, changes, lasting)


def _typos(layer: Mapping[str, str], dotenv: Path | None) -> Iterator[str]:
    """Names of `.env` that are close to a setting of the service; other programs' names may be there too."""
    for name in layer:
        if name in overrides.BY_NAME:
            yield f"{name} in {dotenv} has no effect: labctl up --set {name}={layer[name]}"
        elif name not in BY_NAME and not name.startswith(("OTEL_", "LABCTL_")) and (near := _near(name)):
            yield f"unknown setting {name} in {dotenv}; {near} is close to it"


def _near(name: str) -> str:
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, BY_NAME, 1, SIMILAR)), "")


def _decide(setting: Setting, layers: tuple[tuple[str, Mapping[str, str]], ...]) -> Value:
    for source, layer in layers:
        text = _text(layer.get(setting.name, "").strip(), setting.name, source)
        # an empty variable is one that was not set: `.env` files and CI systems write it that way
        if text:
            return _checked(Value(setting, text, source))
    return Value(setting, setting.default, "default")


def _text(text: str, name: str, source: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(text).decode(errors="backslashreplace")
        raise UsageError(f"{name}={shown} ({source}) is not UTF-8") from None
    return text


def _checked(value: Value) -> Value:
    try:
        value.setting.allowed(value.text)
    except ValueError as error:
        fix = again(error.word, error.near) if isinstance(error, Unlike) and value.source == "flag" else ""
        raise UsageError(f"{value.written()}: expected {error}", hint=fix) from None
    return value


def _extra(layers: tuple[tuple[str, Mapping[str, str]], ...]) -> dict[str, tuple[str, str]]:
    """Each one's text and source."""
    found: dict[str, tuple[str, str]] = {}
    for source, layer in reversed(layers):
        names = [name for name in layer if name.startswith("OTEL_") and name not in BY_NAME and layer[name].strip()]
        found.update({name: (_text(layer[name], name, source), source) for name in names})
    return found


def _refuse_unknown(layer: Mapping[str, str], source: str) -> None:
    """A name that is close to one of ours is a typo. Other programs' names may be in the environment and in `.env`."""
    for name in layer:
        if name in BY_NAME or not _is_ours(name, source):
            continue
        near = _near(name)
        if near or source != "environment":
            raise _unknown(name, source, near)


def _unknown(name: str, source: str, near: str) -> UsageError:
    meant = f"; {near} is close to it" if near else ""
    fix = {"flag": again(name, near), "environment": f"unset {name}"}.get(source, f"${{EDITOR:-vi}} {quote(source)}")
    return UsageError(f"{source}: there is no setting {name}{meant}", hint=fix if near else "labctl config")


def _is_ours(name: str, source: str) -> bool:
    return name.startswith("LABCTL_") or (source == "flag" and not name.startswith("OTEL_"))


def _dotenv(here: Path | None, project: Project) -> Path | None:
    for folder in (here, project.root):
        if folder and (folder / ".env").is_file():
            return folder / ".env"
    return None


def _distinct(ports: Mapping[str, int]) -> None:
    seen: dict[int, str] = {}
    for name, port in ports.items():
        if port in seen:
            raise UsageError(f"port {port} is given twice: for {seen[port]} and for {name}", hint="labctl config")
        seen[port] = name
