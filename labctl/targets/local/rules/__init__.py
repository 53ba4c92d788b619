"""Rules for a lab of plain processes, each its own file with one idea, as in `labctl.why.rules`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from labctl.findings import Finding
from labctl.targets.local.lab_processes import LabProcesses
from labctl.targets.local.rules import (
    addon_changed,
    log_deleted,
    open_files,
    port_taken,
    process_gone,
    process_stopped,
    store_full,
    store_locked,
    wrong_port,
)


@dataclass(frozen=True, slots=True)
class LocalRule:
    looks_at: str
    find: Callable[[LabProcesses], Iterator[Finding]]


_MODULES: Final = (process_gone, process_stopped, port_taken, wrong_port, open_files, store_locked, store_full,
                   log_deleted, addon_changed)
RULES: Final = tuple(LocalRule(module.LOOKS_AT, module.find) for module in _MODULES)
