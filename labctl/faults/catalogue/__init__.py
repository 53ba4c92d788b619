"""Every fault, a file for each row of the tutorial."""

from typing import Final

from labctl.faults.catalogue import crash, errors, latency, machine, receive, start, traces

FAULTS: Final = (*start.FAULTS, *receive.FAULTS, *traces.FAULTS, *latency.FAULTS, *errors.FAULTS, *crash.FAULTS, *machine.FAULTS)

BY_NAME: Final = {fault.name: fault for fault in FAULTS}
