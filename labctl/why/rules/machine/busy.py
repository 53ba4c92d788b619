"""The machine itself is busy or short of memory, which makes everything slow."""

from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.findings import Certainty, Evidence, Finding, Kind, Symptom
from labctl.why.facts import Facts, MachineFacts

BUSY: Final = "machine-busy"
LOOKS_AT: Final = "how busy the machine is, and its free memory"
_BUSY: Final = 0.9                      # of all cores
_LOAD: Final = 2.0                      # processes that want to run, for each core
_LITTLE: Final = 0.05                   # of the memory


def find(facts: Facts) -> Iterator[Finding]:
    machine = facts.machine
    if machine is None:
        return
    if is_busy(machine):
        share = f", {numbers.percent(machine.busy, 1)} of all cores busy" if machine.busy is not None else ""
        yield Finding(
            BUSY, Kind.NOTICE, "machine", "the machine is busy, which can make requests slow",
            (Evidence("this machine", f"load {machine.load:.1f} on {numbers.plural(machine.cores, 'core')}{share}"),),
            leads_to=frozenset({Symptom.SLOW}), certainty=Certainty.POSSIBLE,
        )
    if machine.memory_available < _LITTLE * machine.memory:
        yield Finding(
            "machine-memory", Kind.NOTICE, "machine", "the machine has little memory left",
            (Evidence("this machine", f"{numbers.size(machine.memory_available)} of {numbers.size(machine.memory)} available"),),
            leads_to=frozenset({Symptom.SLOW}), certainty=Certainty.POSSIBLE,
        )


def is_busy(machine: MachineFacts) -> bool:
    """The load average counts also what waits for a disk, and what has ended meanwhile: it is the second best."""
    return machine.busy >= _BUSY if machine.busy is not None else machine.load >= _LOAD * machine.cores
