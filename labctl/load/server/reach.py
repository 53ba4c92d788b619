"""Checks before a run that its server is reachable: one DNS lookup, a connection, and a TLS handshake."""

import socket
from dataclasses import replace
from typing import Final

from labctl.errors import LabError
from labctl.load.plan.address import Address, parse
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.server.tls import ClientTls, shake_hands

CONNECT_S: Final = 1.0


def reach(plan: LoadPlan, hint: str = "") -> Address:
    """The address with the first of the host's IPs that accepts a connection. Raises LabError within a few seconds."""
    address, tls = parse(plan.url), client_tls(plan)
    if plan.unix:
        return _reach_socket(replace(address, unix=plan.unix), tls)
    failure: OSError | None = None
    for ip in _lookup(address):
        try:
            connection = socket.create_connection((ip, address.port), timeout=CONNECT_S)
        except OSError as error:
            failure = error
            continue
        _greet(connection, address, tls)
        return replace(address, ip=ip)
    if failure is None or isinstance(failure, ConnectionRefusedError):
        raise LabError(f"nothing listens on {address.authority}: {_cause(failure) if failure else 'no address'}", hint=hint)
    raise LabError(f"{address.authority} accepts no connection: {_cause(failure)}", hint=hint)


def client_tls(plan: LoadPlan) -> ClientTls:
    return ClientTls(plan.insecure, plan.cert, plan.key)


def connected(address: Address) -> socket.socket:
    """A connection to an address returned by `reach`. Raises OSError."""
    if not address.unix:
        return socket.create_connection((address.ip, address.port), timeout=CONNECT_S)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(CONNECT_S)
    try:
        connection.connect(address.unix)
    except OSError:
        connection.close()
        raise
    return connection


def _reach_socket(address: Address, tls: ClientTls) -> Address:
    try:
        connection = connected(address)
    except OSError as error:
        raise LabError(f"nothing listens on {address.unix}: {_cause(error)}") from None
    _greet(connection, address, tls)
    return address


def _greet(connection: socket.socket, address: Address, tls: ClientTls) -> None:
    with connection:
        if address.secure:
            shake_hands(connection, tls, address.host, address.unix or address.authority)


def _lookup(address: Address) -> list[str]:
    """Every IP of the host, each once, in the resolver's order."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise LabError(f"the name {address.host} cannot be looked up: {error.strerror or error}") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _cause(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return f"no connection within {CONNECT_S:g} s"
    return (error.strerror or str(error)).lower()
