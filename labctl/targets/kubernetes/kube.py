"""The Kubernetes API with plain dicts: the only module that uses the `kubernetes` package, and only its REST client.

The whole package takes a second to import. Nothing here retries, uses a proxy, or waits without a timeout.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from labctl.errors import LabError, NotReady
from labctl.host.background_task import BackgroundTask

Object = dict[str, Any]
Body = str | Object | None

MANAGER: Final = "labctl"
JSON: Final = "application/json"
METADATA: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"     # a list without specs and data
ANSWER_S = 10.0
NOT_FOUND, CONFLICT, GONE = 404, 409, 410
KINDS: Final = {
    "Namespace": ("api/v1", "namespaces"),
    "ServiceAccount": ("api/v1", "serviceaccounts"),
    "ConfigMap": ("api/v1", "configmaps"),
    "Service": ("api/v1", "services"),
    "Pod": ("api/v1", "pods"),
    "Event": ("api/v1", "events"),
    "Deployment": ("apis/apps/v1", "deployments"),
    "ReplicaSet": ("apis/apps/v1", "replicasets"),
    "EndpointSlice": ("apis/discovery.k8s.io/v1", "endpointslices"),
    "NetworkPolicy": ("apis/networking.k8s.io/v1", "networkpolicies"),
    "Secret": ("api/v1", "secrets"),
    "ResourceQuota": ("api/v1", "resourcequotas"),
    "LimitRange": ("api/v1", "limitranges"),
    "Node": ("api/v1", "nodes"),
    "ValidatingWebhookConfiguration": ("apis/admissionregistration.k8s.io/v1", "validatingwebhookconfigurations"),
    "HorizontalPodAutoscaler": ("apis/autoscaling/v2", "horizontalpodautoscalers"),
    "ClusterRole": ("apis/rbac.authorization.k8s.io/v1", "clusterroles"),
    "ClusterRoleBinding": ("apis/rbac.authorization.k8s.io/v1", "clusterrolebindings"),
    "RoleBinding": ("apis/rbac.authorization.k8s.io/v1", "rolebindings"),
    "APIService": ("apis/apiregistration.k8s.io/v1", "apiservices"),
    "PersistentVolumeClaim": ("api/v1", "persistentvolumeclaims"),
    "PersistentVolume": ("api/v1", "persistentvolumes"),
    "StorageClass": ("apis/storage.k8s.io/v1", "storageclasses"),
    "CSIDriver": ("apis/storage.k8s.io/v1", "csidrivers"),
    "MutatingWebhookConfiguration": ("apis/admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations"),
}
"""The path of each kind of object: the API's root and the plural."""
OF_CLUSTER: Final = frozenset({"Namespace", "ClusterRole", "ClusterRoleBinding", "APIService"})
"""The kinds that labctl applies whose objects are in no namespace."""


@dataclass(frozen=True, slots=True)
class Access:
    """Access to a cluster. `client` is a PEM file with the certificate and its key, readable only by its owner."""

    server: str                         # https://127.0.0.1:PORT
    authority: str                      # PEM
    client: Path


class ApiError(LabError):
    """The API server answered with an error; `status` is HTTP's, `reason` Kubernetes' word for it, "" where it has none."""

    def __init__(self, status: int, message: str, *, detail: str = "", reason: str = "") -> None:
        super().__init__(message, detail=detail)
        self.status = status
        self.reason = reason


def import_early() -> None:
    """Begin the import in the background of the caller's next wait."""
    BackgroundTask(_import)


def _import() -> tuple[Any, Any]:
    """The package's REST client and its settings, without its `__init__`, which imports everything that the package has."""
    spec = util.find_spec("kubernetes")
    assert spec
    sys.modules.setdefault("kubernetes", util.module_from_spec(spec))
    from kubernetes.client.configuration import Configuration
    from kubernetes.client.rest import RESTClientObject

    return RESTClientObject, Configuration


class Kube:
    def __init__(self, access: Access, answer_s: float = ANSWER_S) -> None:
        """`answer_s`: how long the API server may take to connect, and to go on with an answer."""
        from urllib3 import Retry

        client, configuration = _import()
        self.access = access
        self.answer_s = answer_s
        self.asked = 0                  # number of requests,
        self.sent = 0                   # and of those that write
        settings = configuration(
            host=access.server, ca_cert_data=access.authority, cert_file=str(access.client), key_file=str(access.client),
            retries=Retry(0, redirect=0),
        )
        settings.proxy = None           # the API server is on this machine
        self._client = client(settings)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Object | None:
        """The object, or None when it does not exist."""
        try:
            return self._json("GET", path, query)
        except ApiError as error:
            if error.status == NOT_FOUND:
                return None
            raise

    def items(self, kind: str, namespace: str = "", selector: str = "") -> list[Object]:
        found = self._json("GET", path(kind, namespace), {"labelSelector": selector} if selector else None)
        return list(found["items"])

    def metadata(self, kind: str, namespace: str) -> list[Object]:
        """Each object's metadata alone: the API server sends nothing else."""
        found = json.loads(self._send("GET", path(kind, namespace), accept=METADATA).read())
        return list(found["items"] or ())

    def apply(self, wanted: Object, *, dry_run: bool = False) -> Object:
        """Server-side apply; fields that others have changed are set back."""
        query = {"fieldManager": MANAGER, "force": "true", **({"dryRun": "All"} if dry_run else {})}
        return self._json("PATCH", path_of(wanted), query, json.dumps(wanted), "application/apply-patch+yaml")

    def patch(self, where: str, change: Object) -> Object:
        # the client itself encodes a body with a JSON content type
        return self._json("PATCH", where, {"fieldManager": MANAGER}, change, "application/strategic-merge-patch+json")

    def delete(self, where: str) -> bool:
        """Delete the object and what it owns. Returns whether it existed."""
        try:
            self._json("DELETE", where, {"propagationPolicy": "Background"})
        except ApiError as error:
            if error.status == NOT_FOUND:
                return False
            raise
        return True

    def text(self, where: str, query: Mapping[str, str] | None = None) -> str:
        return self._send("GET", where, query).read().decode(errors="replace")  # type: ignore[no-any-return]

    def watch(self, where: str, query: Mapping[str, str], silence_s: float) -> Iterator[Object]:
        """Events of a list, until the server ends the stream or is silent for `silence_s` seconds."""
        for line in self.lines(where, {**query, "watch": "true", "allowWatchBookmarks": "true"}, silence_s):
            yield json.loads(line)

    def lines(self, where: str, query: Mapping[str, str], silence_s: float) -> Iterator[bytes]:
        """A streamed answer line by line. It ends when the connection breaks or is silent for `silence_s`."""
        from urllib3.exceptions import HTTPError

        response, rest = self._send("GET", where, query, timeout=(self.answer_s, silence_s)), b""
        try:
            for chunk in response.stream(65536):
                *whole, rest = (rest + chunk).split(b"\n")
                yield from whole
        except HTTPError:
            return
        finally:
            response.close()
        if rest:
            yield rest

    def _json(
        self, method: str, where: str, query: Mapping[str, str] | None = None, body: Body = None, content_type: str = "",
    ) -> Object:
        return json.loads(self._send(method, where, query, body, content_type).read())  # type: ignore[no-any-return]

    def _send(
        self, method: str, where: str, query: Mapping[str, str] | None = None, body: Body = None, content_type: str = "",
        timeout: tuple[float, float] | None = None, accept: str = JSON,
    ) -> Any:
        from urllib3.exceptions import HTTPError

        url = f"{self.access.server}/{where}" + (f"?{urlencode(query)}" if query else "")
        headers = {"Accept": accept, "User-Agent": MANAGER}
        if content_type:
            headers["Content-Type"] = content_type
        self.asked += 1
        self.sent += method != "GET" and "dryRun" not in (query or {})
        timeout = timeout or (self.answer_s, self.answer_s)
        try:
            response = self._client.request(method, url, headers, body, _request_timeout=timeout).response
        except HTTPError as error:
            raise NotReady(f"the API server at {self.access.server} does not answer", detail=_words(error)) from None
        if response.status >= 400:      # noqa: PLR2004 - HTTP's errors begin there
            raise _refused(method, where, response.status, response.read())
        return response


def _words(error: Exception) -> str:
    """urllib3's message without its objects and the URL: `Connection refused`, `Read timed out. (read timeout=10.0)`."""
    return str(getattr(error, "reason", None) or error).rpartition(": ")[2]


def path(kind: str, namespace: str = "", name: str = "") -> str:
    root, plural = KINDS[kind]
    inside = f"namespaces/{namespace}/" if namespace and kind not in OF_CLUSTER else ""
    return f"{root}/{inside}{plural}" + (f"/{name}" if name else "")


def path_of(item: Object) -> str:
    return path(item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"])


def _refused(method: str, where: str, status: int, body: bytes) -> ApiError:
    message = f"the API server answered {status} to {method} {where}"
    try:
        answer = json.loads(body)
        return ApiError(status, message, detail=answer["message"], reason=answer.get("reason", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ApiError(status, message, detail=body[:300].decode(errors="replace"))
