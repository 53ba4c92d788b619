"""The machine, or the node."""

import sys
from typing import Final

from labctl.changes import CommandChange, NodeCordoned, NotRunning, ProgramBeside
from labctl.faults.catalogue.edits import RESTARTED, service_pod
from labctl.faults.fault import FaultRow, fault

_FILES: Final = 40
_LIMITED: Final = (
    "import os, resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]),) * 2); "
    "os.execv(sys.argv[2], sys.argv[2:])"
)


def _with_few_files(argv: tuple[str, ...]) -> tuple[str, ...]:
    """Not by a shell's ulimit: a shell does not hand on the variables by which the process is found."""
    return (sys.executable, "-c", _LIMITED, str(_FILES), *argv)


FAULTS: Final = (
    fault("port-taken", FaultRow.MACHINE, "how to find out which program answers on a port",
          NotRunning("service"),
          ProgramBeside(("{python}", "-m", "http.server", "{service}", "--bind", "127.0.0.1", "--directory", "{state}/www"))),
    fault("few-files", FaultRow.MACHINE, "that a connection takes a file descriptor", CommandChange("service", _with_few_files)),
    fault("cordoned-node", FaultRow.MACHINE, "why a node with room may still get no pods",
          NodeCordoned(), service_pod(RESTARTED)),
)
