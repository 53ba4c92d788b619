"""What the scanners find, less what is excepted with a reason; an exception that no longer matches anything is a finding too."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path


@dataclass(frozen=True, order=True)
class Finding:
    scanner: str
    check: str                          # the scanner's own id of it
    where: str                          # `Deployment/otel-collector`, `Dockerfile`
    text: str

    @property
    def id(self) -> str:
        return f"{self.scanner}:{self.check}"

    def __str__(self) -> str:
        return f"{self.where}: {self.id}: {self.text}"


@dataclass(frozen=True)
class Excepted:
    check: str                          # `scanner:check`
    where: str                          # may hold *

    def matches(self, finding: Finding) -> bool:
        return finding.id == self.check and fnmatchcase(finding.where, self.where)


def read_exceptions(file: Path) -> list[Excepted]:
    """Each check of each entry, for each place. Raises ValueError for an entry without its reason."""
    found = []
    for entry in tomllib.loads(file.read_text())["exception"]:
        if len(entry["reason"].split()) < 4:
            raise ValueError(f"{file}: {entry['checks']} has no reason")
        found += [Excepted(check, where) for check, where in product(entry["checks"], entry["where"])]
    return found


def judged(findings: Iterable[Finding], exceptions: Iterable[Excepted], ran: Iterable[str]) -> list[str]:
    """One line for each finding without an exception, and for each exception without a finding of a scanner that ran."""
    found, names, excepted = sorted(set(findings)), set(ran), list(exceptions)
    open_ones = [str(one) for one in found if not any(each.matches(one) for each in excepted)]
    unused = [each for each in excepted if each.check.partition(":")[0] in names and not any(each.matches(one) for one in found)]
    return open_ones + [f"{each.where}: the exception from {each.check} matches nothing: remove it" for each in unused]
