"""The only module that uses the `docker` package: its API client with a timeout on every request, and errors that tell apart an
engine that is absent, stopped or hung.

Subtle: imported only where the engine is used, since the package's import takes 90 ms.
"""

import contextlib
import socket
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from labctl.errors import LabError, Refused
from labctl.targets.kind.engine.address import LOCAL, EngineAddress, address, config_file

T = TypeVar("T")
PROMPT_S = 2.0                          # for the first request; a healthy engine answers in 0.05 s
ANSWER_S = 20.0                         # for later ones, while a new cluster uses all CPU time
TRANSFER_S = 300.0                      # for images
INSTALL = "install Docker 24 or later (https://docs.docker.com/engine/install/)"
DEFAULT_SOCKET = "/var/run/docker.sock"
NOT_FOUND = 404
CHUNK = 1 << 16
_API_VERSIONS: dict[EngineAddress, str] = {}            # as the engines have said


class EngineError(LabError):
    """The engine answered with an error; `status` is HTTP's."""

    def __init__(self, status: int, message: str, *, detail: str = "", hint: str = "") -> None:
        super().__init__(message, detail=detail, hint=hint)
        self.status = status


def ask(question: Callable[[Any], T], timeout: float = ANSWER_S) -> T:
    """The engine's answer. Raises Refused when none comes within `timeout` seconds, EngineError when it is an error."""
    where = address()
    try:
        _require_socket(where, timeout)
    except OSError as error:
        raise _unreachable(error, where, timeout) from None
    import requests
    from docker.errors import DockerException

    try:
        return question(_client(where, timeout))
    except requests.HTTPError as error:
        raise _said_no(error) from None
    except (requests.RequestException, DockerException, OSError) as error:
        raise _unreachable(error, where, timeout) from None


def certainly_empty(label: str) -> bool:
    """Whether the engine has no container with this label, running or not; False also where that is unknown. Raises Refused.

    Asked over its socket without the package, whose import every `up` on this machine would have to wait for.
    """
    where = address()
    if where.tls or not (where.url or "unix://").startswith("unix://"):
        return False
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PROMPT_S)
            connection.connect(_socket_of(where))
            connection.sendall(f"GET /containers/json?all=true&filters=%7B%22label%22%3A%5B%22{label}%22%5D%7D HTTP/1.0\r\n"
                               "Host: docker\r\n\r\n".encode())
            head, _, body = b"".join(iter(lambda: connection.recv(CHUNK), b"")).partition(b"\r\n\r\n")
    except OSError as error:
        raise _unreachable(error, where, PROMPT_S) from None
    return head.split(b" ")[1:2] == [b"200"] and body.strip() == b"[]"


def find(question: Callable[[Any], T], timeout: float = ANSWER_S) -> T | None:
    """Like `ask`, but None when the engine has no such object."""
    try:
        return ask(question, timeout)
    except EngineError as error:
        if error.status == NOT_FOUND:
            return None
        raise


def version(timeout: float = PROMPT_S) -> str:
    return str(ask(lambda api: api.version()["Version"], timeout))


@cache
def _client(where: EngineAddress, timeout: float) -> Any:
    """One client for each timeout, which the package sets per client. The first asks the engine for its API version."""
    from docker import APIClient, TLSConfig
    from docker.constants import MINIMUM_DOCKER_API_VERSION

    class EngineClient(APIClient):  # type: ignore[misc]
        def merge_environment_settings(self, _url: str, _proxies: Any, stream: Any, _verify: Any, _cert: Any) -> dict[str, Any]:
            """Ignore proxies, and REQUESTS_CA_BUNDLE, which would replace the engine's own CA."""
            return {"proxies": {}, "stream": stream, "verify": self.verify, "cert": self.cert}

    tls = where.tls and TLSConfig(
        client_cert=where.tls.certificate and (str(where.tls.certificate[0]), str(where.tls.certificate[1])),
        ca_cert=where.tls.ca and str(where.tls.ca), verify=where.tls.verify,
    )

    def make(version: str) -> Any:
        return EngineClient(where.url or None, version=version, timeout=timeout, tls=tls or False)

    try:
        if where not in _API_VERSIONS:
            with contextlib.closing(make(MINIMUM_DOCKER_API_VERSION)) as first:
                _API_VERSIONS[where] = first.version(api_version=False)["ApiVersion"]
        return make(_API_VERSIONS[where])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # a config.json that is JSON, but not a configuration
        raise Refused(
            f"Docker's {config_file()} cannot be used",
            detail=repr(error), hint=f"${{EDITOR:-vi}} {config_file()}\n{LOCAL}",
        ) from None


@cache
def _require_socket(where: EngineAddress, timeout: float) -> None:
    """Raises OSError when nothing listens on the socket; checked without the package, which would leave its own socket open."""
    if not where.url or where.url.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(timeout)
            probe.connect(_socket_of(where))


def _socket_of(where: EngineAddress) -> str:
    return where.url.removeprefix("unix://") or DEFAULT_SOCKET


def _said_no(error: Any) -> LabError:
    """The LabError for the package's APIError, which is an HTTPError, or for a plain HTTPError."""
    from docker.errors import APIError, create_api_error_from_http_exception

    try:
        if not isinstance(error, APIError):
            create_api_error_from_http_exception(error)
    except APIError as explained:
        error = explained
    said = str(getattr(error, "explanation", "") or error)
    if "no space left on device" in said.lower():
        return Refused("the Docker engine's disk is full", detail=said, hint="docker system prune")
    return EngineError(error.response.status_code if error.response is not None else 0, "the Docker engine refused", detail=said)


def _unreachable(error: Exception, where: EngineAddress, timeout: float) -> Refused:
    causes = list(_chain(error))
    said = str(causes[-1])
    named = f" ({where.source})" if where.source else ""
    if any(isinstance(cause, TimeoutError) or "timed out" in str(cause).lower() for cause in causes):
        message = f"the Docker engine does not answer within {timeout:g} s{named}"
        return Refused(message, detail=said, advice="restart Docker", hint=LOCAL)
    if any(isinstance(cause, PermissionError) for cause in causes):
        return Refused(
            f"this user may not use the Docker engine{named}", detail=said,
            hint="sudo usermod -aG docker $USER && newgrp docker",
        )
    if any(isinstance(cause, OSError) and cause.errno for cause in causes):
        variable = where.source.partition("=")[0] if where.source.startswith("DOCKER_") else ""
        message, advice = f"the Docker engine is not running{named}", "" if variable else "start Docker"
        return Refused(message, detail=said, advice=advice, hint=f"unset {variable}\n{LOCAL}" if variable else LOCAL)
    if where.source:
        return Refused(
            f"the Docker engine that {where.source} names cannot be reached", detail=said,
            hint=f"docker context ls; echo $DOCKER_HOST\n{LOCAL}",
        )
    return Refused("the Docker engine cannot be reached", detail=said, advice=INSTALL, hint=LOCAL)


def _chain(error: BaseException | None) -> list[BaseException]:
    """An error, the errors in its arguments and its causes, down to the first one."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        held = next((one for one in (getattr(error, "reason", None), *error.args) if isinstance(one, BaseException)), None)
        error = held or error.__cause__ or error.__context__
    return found
