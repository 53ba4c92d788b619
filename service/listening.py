"""The port, taken before anything heavy is imported."""

import socket
import sys

from service import settings

BACKLOG = 2048


def listen() -> socket.socket:
    """Ends the process with one line on stderr and exit code 2 for a wrong setting, 1 where the address cannot be had."""
    chosen = settings.load_or_exit()
    family = socket.AF_INET6 if ":" in chosen.host else socket.AF_INET
    try:
        listener = socket.create_server((chosen.host, chosen.port), family=family, backlog=BACKLOG)
    except OSError as error:
        sys.exit(f"cannot listen on {chosen.host}:{chosen.port}: {error.strerror or error}")
    listener.setblocking(False)          # uvloop takes it as it is, and a blocking accept would stop the loop
    return listener
