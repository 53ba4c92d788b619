"""Opens the port, before the slow imports, or takes it over from the service that this one replaces."""

import socket
import sys

from service.settings import load_or_exit
from service.takeover import Predecessor, take

BACKLOG = 2048


def listen() -> tuple[socket.socket, Predecessor | None]:
    """Ends the process with one line on stderr and exit code 2 for a wrong setting, 1 where the address is taken."""
    settings = load_or_exit()
    if taken := take((settings.host, settings.port)):
        return taken
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        sys.exit(f"cannot listen on {settings.host}:{settings.port}: {error.strerror or error}")
    listener.setblocking(False)          # uvloop does not change it, and a blocking accept would stop the loop
    return listener, None
