"""Connects to what the service has to reach, from where the service runs: `labctl check --from service`.

A few lines of Python run there, since there is no other tool in its image. They do not import the service's packages, nor read
its environment but for the endpoint: `-I -S` keep OpenTelemetry from instrumenting them.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from labctl.errors import LabError
from labctl.lab.canary import HopResult
from labctl.model import Command, Peer, Target

COMPONENT: Final = "service"
ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
CONNECT_S: Final = 3.0
TOTAL_S: Final = 20.0
CODE: Final = """
import json, os, socket, sys, threading, time, urllib.parse
limit = float(sys.argv[1])
def look(at, host, port, found):
    begun = time.perf_counter()
    try:
        if not host:
            end = urllib.parse.urlsplit(os.environ.get(sys.argv[2], ""))
            host, port = end.hostname or "", end.port or 4317
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0]
        found[at] = {"host": host, "port": port, "address": address, "resolved_ms": (time.perf_counter() - begun) * 1000}
        begun = time.perf_counter()
        socket.create_connection((address, port), limit).close()
        found[at]["error"] = ""
    except (OSError, ValueError, UnicodeError) as error:
        found[at] = {"host": host, "port": port, **found.get(at, {}), "error": str(error)}
    found[at]["ms"] = (time.perf_counter() - begun) * 1000
found = {}
threads = [threading.Thread(target=look, args=(at, *end, found), daemon=True) for at, end in enumerate(json.loads(sys.argv[3]))]
for thread in threads: thread.start()
for thread in threads: thread.join(limit * 2)
print(json.dumps([found.get(at, {}) for at in range(len(threads))]))
"""


def look(target: Target) -> list[HopResult]:
    """One result for each connection. Raises LabError where the lines cannot be run there."""
    ends = [Peer(ENDPOINT), *target.peers()]
    asked = json.dumps([(end.host, end.port) for end in ends])
    argv = ["python", "-I", "-S", "-c", CODE, f"{CONNECT_S}", ENDPOINT, asked]
    done = target.output_of(Command(COMPONENT, argv), TOTAL_S)
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)
    except ValueError:
        said = (done.stderr or done.stdout).decode(errors="replace")
        raise LabError(f"the connections cannot be tested from the {COMPONENT}", detail=said[-500:]) from None
    return list(_results(ends, found))


def _results(ends: Sequence[Peer], found: Sequence[dict[str, Any]]) -> Iterator[HopResult]:
    for end, one in zip(ends, found, strict=True):
        at = f"{one.get('host') or 'no host'}:{one.get('port', '')}"
        error = str(one.get("error", f"no answer within {CONNECT_S:g} s"))
        address = str(one.get("address", ""))
        resolved = f" is {address} ({one['resolved_ms']:.1f} ms)" if address and address != one.get("host") else ""
        seen = f"{at}{resolved}: {error or 'connected'}"
        yield HopResult(end.name, not error, float(one.get("ms", CONNECT_S * 1000)), seen, _hint(error, resolved))


def _hint(error: str, resolved: str) -> str:
    if not error:
        return ""
    return "labctl describe collector" if resolved else "labctl config, labctl why"
