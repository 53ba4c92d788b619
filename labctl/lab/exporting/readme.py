"""README.md of an exported lab: what it is, and the commands that apply it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from shlex import quote
from typing import Final

from labctl.components import COMPONENTS, SERVICE, VIEWER
from labctl.switches.destinations import loopbacks
from labctl.targets.exported import CLIENT_TLS, TOKEN, Exported

SECRETS: Final = "secrets"
"""The folder of the secrets' files, one of each Secret's name in it."""


@dataclass(frozen=True, slots=True)
class Described:
    lab: str
    switches: Mapping[str, str]
    overrides: Mapping[str, str]
    found: Exported
    for_kind: bool

    @property
    def loopbacks(self) -> list[str]:
        return loopbacks(self.switches["export"]) if "export" in self.switches else []


def readme(lab: Described) -> str:
    return "".join(f"{line}\n" for line in _lines(lab))


def _lines(lab: Described) -> Iterator[str]:
    namespace = lab.found.namespace
    yield from (f"# The lab {lab.lab}", "", "Written by `labctl export`. Nothing in here needs labctl.", "")
    yield from _configured(lab)
    yield from ("## Images", "", "Two are built from the project, in its folder:", "", *_fenced(_builds(lab)))
    yield from ("The others are pulled: " + ", ".join(sorted(set(lab.found.images()) - set(_built(lab)))) + ".", "")
    yield from _secrets(lab)
    yield from ("## Apply", "", *_fenced([
        "kubectl apply -k .", f"kubectl -n {namespace} wait --for=condition=Available deployment --all --timeout=180s",
    ]))
    yield from ("## Try", "", *_fenced(_requests(lab)))
    yield from (
        "The collector reads `collector.yaml` when it starts. After a change to it:", "",
        *_fenced(["kubectl apply -k .", f"kubectl -n {namespace} rollout restart deployment otel-collector"]),
        "`labctl up --adopt --cluster NAME`, with the project, takes such a lab over.",
    )


def _configured(lab: Described) -> Iterator[str]:
    words = [f"--{name} {quote(text)}" for name, text in lab.switches.items()]
    words += [f"--set {name}={text}" for name, text in lab.overrides.items()]
    if words:
        yield from ("It is the lab that this command brings up:", "", *_fenced([f"labctl up {' '.join(words)}"]))
    if here := " and ".join(lab.loopbacks):
        yield f"In a pod, {here} is the pod itself: replace it with an address that the pods can reach, in"
        yield from ("`deployment-otel-collector.yaml`.", "")


def _built(lab: Described) -> list[str]:
    repositories = [component.cluster.repository for component in COMPONENTS if component.cluster.repository]
    return [image for image in lab.found.images() if image.partition(":")[0] in repositories]


def _builds(lab: Described) -> Iterator[str]:
    targets = {component.cluster.repository: component.name for component in COMPONENTS}
    for image in _built(lab):
        yield f"docker build --target {targets[image.partition(':')[0]]} --tag {image} ."
    if lab.for_kind:
        yield f"kind load docker-image {' '.join(lab.found.images())}"


def _secrets(lab: Described) -> Iterator[str]:
    found = lab.found
    if not found.mounted:
        return
    yield from ("## Secrets", "")
    if found.secrets:
        yield from ("`kubectl apply -k` makes them from the files in `secrets/`, which its `.gitignore` keeps out of git.", "")
        return
    yield from ("No file in here has a secret. These files have to exist first; `labctl export --with-secrets` writes them:", "")
    yield from (*(f"- `{SECRETS}/{one.name}/`: {', '.join(one.files)}" for one in found.mounted), "")
    yield from _fenced([f"kubectl create namespace {found.namespace}", *(
        f"kubectl -n {found.namespace} create secret generic {one.name} --from-file={SECRETS}/{one.name}" for one in found.mounted
    )])


def _requests(lab: Described) -> Iterator[str]:
    """One request whose trace id is known, and its trace."""
    trace = "4bf92f3577b34da600ffffff0e0e4736"
    for component in (SERVICE, VIEWER):
        port, service = component.ports[0], component.cluster.deployment
        yield f"kubectl -n {lab.found.namespace} port-forward service/{service} {port.default}:{port.own} &"
    yield (f"curl -H 'traceparent: 00-{trace}-00f067aa0ba902b7-01' -H 'content-type: application/json' "
           "-d '{\"features\": [0.5, 1.5, 2.0]}' http://127.0.0.1:9002/predict")
    own = f"{SECRETS}/{CLIENT_TLS}"
    trust, scheme = (f"--cacert {own}/ca.crt ", "https") if "tls" in lab.switches else ("", "http")
    shown = f"--cert {own}/tls.crt --key {own}/tls.key " if "mtls" in lab.switches else ""
    # a token in an argument could be read in the list of processes
    secured = "auth" in lab.switches
    token, header = (f"sed 's/^/Authorization: Bearer /;q' {SECRETS}/{TOKEN}/token | ", "-H @- ") if secured else ("", "")
    yield f"{token}curl {trust}{shown}{header}{scheme}://127.0.0.1:9003/api/traces/{trace}"


def _fenced(lines: Iterator[str] | list[str]) -> list[str]:
    return ["```", *lines, "```", ""]
