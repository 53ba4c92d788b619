"""A lab as files for kubectl: the objects that a cluster would be given, as this lab is configured, whatever its target is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from labctl.components import SERVICE
from labctl.model import LabSpec
from labctl.targets import secured
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.names import LabNames
from labctl.targets.kubernetes.workload import manifests, overridden, secrets

FILES = {
    secrets.PREFIX: ("ca.crt", "tls.crt", "tls.key"), secrets.TOKEN: ("token", "first"), secrets.EXPORT: ("headers.yaml",),
    secrets.GRAFANA: ("password",),
}
"""What a Secret of the lab holds, by the beginning of its name."""
CLIENT_TLS, TOKEN = f"{secrets.PREFIX}{SERVICE.name}", secrets.TOKEN       # the viewer's own certificate is no client's


@dataclass(frozen=True, slots=True)
class MountedSecret:
    name: str
    files: Sequence[str]


@dataclass(frozen=True, slots=True)
class Exported:
    namespace: str
    objects: Sequence[Object]           # without Secrets
    mounted: Sequence[MountedSecret]
    secrets: Sequence[Object]           # of these; empty unless asked for

    def images(self) -> list[str]:
        containers = (one for item in self.objects if item["kind"] == "Deployment" for one in _pod(item)["containers"])
        return sorted({one["image"] for one in containers})


def exported(
    spec: LabSpec, namespace: str, switches: Mapping[str, str], overrides: Mapping[str, str], *, overlay: str, with_secrets: bool,
) -> Exported:
    """`overlay` is the folder of manifests/ to use. Raises Refused where a file of the project is missing or wrong."""
    names = LabNames(spec.name, namespace)
    plain = manifests.desired_objects(replace(spec, switches=switches), names, {}, overlay)
    objects = overridden.overridden(plain, overrides)
    own: list[Object] = []
    if with_secrets:
        secured.prepare(spec, switches, namespace)
        own = list(secrets.secrets(secured.certificates(spec, namespace), switches, names))
    return Exported(namespace, objects, list(_mounted(objects, switches)), own)


def _mounted(objects: Sequence[Object], switches: Mapping[str, str]) -> Iterator[MountedSecret]:
    """Those that have to be there, and those that are optional where the lab gives them."""
    volumes = [one for item in objects if item["kind"] == "Deployment" for one in _pod(item).get("volumes", ())]
    found = {one["secret"]["secretName"]: one["secret"].get("optional", False) for one in volumes if "secret" in one}
    given = [f"{secrets.EXPORT}{name}" for name in secured.backends_with_headers(switches)]
    for name, optional in sorted(found.items()):
        if not optional or name in given:
            yield MountedSecret(name, next(files for prefix, files in FILES.items() if name.startswith(prefix)))


def _pod(deployment: Object) -> Object:
    pod: Object = deployment["spec"]["template"]["spec"]
    return pod
