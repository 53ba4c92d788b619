"""Commands that are run for their output.

They are told what to do over their stdin and end when it closes, so none is left over when we are killed.
"""

import subprocess
from collections.abc import Mapping

from labctl.errors import LabError


def spawn_piped(argv: list[str], *, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a process whose stdin and stdout are ours and whose stderr is our stderr, in a session of its own.

    `env` None passes our own environment on. A Ctrl-C at the terminal does not reach it: who started it stops it.
    """
    try:
        return subprocess.Popen(
            argv, env=dict(env) if env is not None else None, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise LabError(f"{argv[0]} cannot be started: {error.strerror}", detail=" ".join(argv)) from None
