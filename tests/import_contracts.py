"""A kind of import-linter contract that it lacks: a package imports what is on a list, and nothing else."""

import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import grimp
from importlinter import Contract, ContractCheck, fields, output


class OnlyContract(Contract):
    """`package` imports itself, `allowed_modules`, the standard library, and what the lock file at `installed` names."""

    type_name = "only"
    package: Any = fields.StringField()
    allowed_modules: Any = fields.ListField(subfield=fields.StringField())
    installed: Any = fields.StringField()

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:
        allowed = {*self.allowed_modules, *sys.stdlib_module_names, *_modules_of(Path(self.installed))}
        inside = {self.package, *graph.find_descendants(self.package)}
        imported = {found for module in inside for found in graph.find_modules_directly_imported_by(module)} - inside
        extra = sorted(found for found in imported if found not in allowed and found.partition(".")[0] not in allowed)
        return ContractCheck(kept=not extra, metadata={"extra": extra})

    def render_broken_contract(self, check: ContractCheck) -> None:
        output.print_error(f"{self.package} imports what its image lacks: {', '.join(check.metadata['extra'])}")


def _modules_of(lock: Path) -> set[str]:
    """Top-level modules of the packages that a pip lock file names."""
    names = {line.partition("==")[0].lower() for line in lock.read_text().splitlines() if "==" in line}
    return {
        module for module, distributions in packages_distributions().items()
        if any(name.lower().replace("_", "-") in names for name in distributions)
    }
