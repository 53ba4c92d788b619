"""The lab's certificates and its token as Secrets, which pods mount as files. The CA's own key is never among them."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256

from labctl.components import SERVICE, VIEWER, Component
from labctl.credentials import export_headers, file_names, grafana_password, private_files, token
from labctl.credentials.certificates import LABCTL, Certificates, holders
from labctl.credentials.file_names import CA, CERTIFICATE, KEY
from labctl.errors import LabError, NotReady
from labctl.host.waiting import until
from labctl.model import Command, HeldFiles, Notes
from labctl.switches.security import AUTH, TLS
from labctl.targets.kubernetes import execute
from labctl.targets.kubernetes.kube import Kube, Object, path, path_of
from labctl.targets.kubernetes.names import LAB, READ_AT_START, LabNames
from labctl.targets.kubernetes.workload.manifests import sealed

PREFIX, TOKEN, EXPORT, GRAFANA = "lab-tls-", "lab-token", "export-", "grafana-admin"
READ = "labctl.dev/read-secrets"        # an annotation of pods
PROJECTED_S, LOOK_EVERY_S, ANSWER_S = 90.0, 0.5, 5.0
# digests, so that no secret is part of an exec's output
DIGEST = "import hashlib,sys;[print(hashlib.sha256(open(p,'rb').read()).hexdigest()) for p in sys.argv[1:]]"
_FILES = (CA, CERTIFICATE, KEY)


def secrets(certificates: Certificates, switches: Mapping[str, str], names: LabNames) -> Iterator[Object]:
    """From the files of the state folder."""
    if TLS.name in switches:
        for holder in holders(switches):
            yield _secret(PREFIX + holder, certificates.files(holder), names)
    if AUTH.name in switches:
        yield _secret(TOKEN, token.files(certificates.state), names)
    if grafana_password.wanted(switches):
        content = private_files.read(grafana_password.file_in(certificates.state))
        yield _secret(GRAFANA, {grafana_password.FILE: content or b""}, names, READ_AT_START)
    for backend in export_headers.backends(switches):
        content = private_files.read(export_headers.file_of(certificates.state, backend))
        yield _secret(EXPORT + backend, {export_headers.FILE: content or b""}, names, READ_AT_START)


def fetch(kube: Kube, certificates: Certificates, switches: Mapping[str, str], names: LabNames) -> None:
    """Write what the cluster has and the state folder lacks."""
    for holder in holders(switches) if TLS.name in switches else ():
        if len(certificates.files(holder)) < len(_FILES) and (found := _data(kube, PREFIX + holder, names)):
            certificates.take(holder, found)
    if AUTH.name in switches and not token.tokens(certificates.state) and (found := _data(kube, TOKEN, names)):
        private_files.write(token.file_in(certificates.state), found.get(file_names.TOKEN, b""))
    password = grafana_password.file_in(certificates.state)
    if grafana_password.wanted(switches) and not password.exists() and (found := _data(kube, GRAFANA, names)):
        private_files.write(password, found.get(grafana_password.FILE, b""))
    for backend in export_headers.backends(switches):
        kept = export_headers.file_of(certificates.state, backend)
        if not kept.exists() and (found := _data(kube, EXPORT + backend, names)):
            private_files.write(kept, found.get(export_headers.FILE, b""))


def in_use(applied: Iterable[Object], before: Mapping[str, str]) -> bool:
    """Whether Secrets were applied that pods had mounted already, by the switches that were on before."""
    names = [item["metadata"]["name"] for item in applied if item["kind"] == "Secret"]
    return any((name.startswith(PREFIX) and TLS.name in before) or (name == TOKEN and AUTH.name in before) for name in names)


def held(kube: Kube, switches: Mapping[str, str], names: LabNames) -> list[HeldFiles]:
    """What the Secrets hold that pods mount; nothing of one that is not there."""
    mounted = {holder: PREFIX + holder for holder in holders(switches) if TLS.name in switches and holder != LABCTL}
    if AUTH.name in switches:
        mounted["token"] = TOKEN
    return [HeldFiles(holder, f"Secret {name}", _data(kube, name, names)) for holder, name in mounted.items()]


def await_projection(kube: Kube, names: LabNames, certificates: Certificates, switches: Mapping[str, str]) -> Notes:
    """Wait until the pods can read them. The kubelet looks about once a minute, and at once when a pod is changed."""
    now = {"metadata": {"annotations": {READ: datetime.now(UTC).isoformat(timespec="milliseconds")}}}
    for pod in kube.items("Pod", names.namespace, names.selector):
        kube.patch(path_of({**pod, "kind": "Pod"}), now)
    for component in (SERVICE, VIEWER):             # the collector's image has no program to look with
        yield f"waiting until the {component.name} can read them"
        wanted = _digests(certificates, switches, component.name)
        if not until(lambda c=component, w=wanted: _read(kube, names, c, w), PROJECTED_S, every=LOOK_EVERY_S):  # type: ignore[misc]
            raise NotReady(f"the {component.name}'s pod has not got the new Secret", hint=f"labctl describe {component.name}")


def _digests(certificates: Certificates, switches: Mapping[str, str], component: str) -> dict[str, str]:
    """Of each file that the component mounts, by its path in the container."""
    found = {f"/etc/lab/tls/{component}/{name}": text for name, text in certificates.files(component).items()}
    if AUTH.name in switches:
        found |= {f"/etc/lab/auth/{name}": content for name, content in token.files(certificates.state).items()}
    return {name: sha256(content).hexdigest() for name, content in found.items()}


def _read(kube: Kube, names: LabNames, component: Component, wanted: Mapping[str, str]) -> bool:
    try:
        output = execute.output_of(kube, names, component, Command(component.name, ["python", "-c", DIGEST, *wanted]), ANSWER_S)
    except LabError:
        return False
    return output.stdout.decode().split() == list(wanted.values())


def _data(kube: Kube, name: str, names: LabNames) -> dict[str, bytes]:
    found = kube.get(path("Secret", names.namespace, name)) or {}
    return {key: b64decode(text) for key, text in (found.get("data") or {}).items()}


def _secret(name: str, files: Mapping[str, bytes], names: LabNames, *marks: str) -> Object:
    annotations = dict.fromkeys(marks, "true")
    return sealed({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": name, "namespace": names.namespace, "labels": {LAB: names.lab}, "annotations": annotations},
        "data": {key: b64encode(content).decode() for key, content in files.items()},
    })
