"""Makes every fault in turn, asks `labctl why`, pastes its remedy, and writes the table of docs/faults.md.

    python bench/fault_table.py local [FAULT…]        (or kind; the environment says which lab: LABCTL_LAB, its ports)

One lab for all faults. Per fault: the rank of the first finding that names it (bench/fault_expectations.py), the seconds that
`why` took, whether its remedy mended the lab (`labctl check` passes) and, where it did not, whether `labctl mend` did.
"""

import json
import os
import shlex
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from fault_expectations import EXPECTED
from fault_ranks import rank_of

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "faults.md"
RESULTS = ROOT / ".labctl" / "faults.json"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
BIN = Path(sys.executable).parent
ENV = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


@dataclass(frozen=True)
class Row:
    fault: str
    target: str
    rank: int | None                    # of the finding that names it; None: none does
    rule: str                           # of that finding, else of the first
    seconds: float
    remedy: str
    mended: bool                        # by the remedy, as `labctl check` sees it
    said: str                           # the first finding, where it is another one


def labctl(*words: str, timeout: float = 180) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(BIN / "labctl"), *words], capture_output=True, text=True, timeout=timeout, env=ENV, check=False)


def faults(target: str) -> list[str]:
    listed = json.loads(labctl("break", "--list", "-o", "json").stdout)["faults"]
    return [one["name"] for one in listed if target in one["targets"]]


def row(fault: str, target: str) -> Row:
    made = labctl("break", fault)
    if made.returncode:
        raise SystemExit(f"{fault}: {made.stderr}")
    begun = time.monotonic()
    said = labctl("why", "-o", "json")
    seconds = time.monotonic() - begun
    findings = json.loads(said.stdout)["findings"] if said.stdout else []
    rank = rank_of(EXPECTED[fault], findings)
    shown = findings[(rank or 1) - 1] if findings else {}
    remedy = str(shown.get("remedy", ""))
    mended = paste(remedy) and whole()
    if labctl("mend").returncode or not whole():
        raise SystemExit(f"{fault}: labctl mend does not mend it")
    first = "" if rank == 1 or not findings else f"{findings[0]['component']}: {findings[0]['message']}"
    return Row(fault, target, rank, str(shown.get("rule", "")), seconds, remedy, mended, first)


def paste(remedy: str) -> bool:
    if not remedy:
        return False
    return subprocess.run(["bash", "-c", remedy], capture_output=True, timeout=180, env=ENV, check=False).returncode == 0


def whole() -> bool:
    return labctl("check", "--timeout", "15s").returncode == 0


def kept() -> list[Row]:
    return [Row(**one) for one in json.loads(RESULTS.read_text())] if RESULTS.exists() else []


def keep(rows: list[Row]) -> None:
    fresh = {(one.fault, one.target): one for one in [*kept(), *rows]}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([asdict(one) for one in fresh.values()], indent=1))


def table(rows: list[Row]) -> str:
    lines = ["| fault | target | rank | seconds | rule | the remedy mends it |", "| --- | --- | --- | --- | --- | --- |"]
    for one in sorted(rows, key=lambda one: (list(EXPECTED).index(one.fault), one.target)):
        mended = f"yes: `{one.remedy}`" if one.mended else "no"
        lines.append(f"| {one.fault} | {one.target} | {one.rank or '–'} | {one.seconds:.1f} | {one.rule or '–'} | {mended} |")
    return "\n".join(lines)


def write(rows: list[Row]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    begin, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    PAGE.write_text(f"{page[:begin]}\n{table(rows)}\n{page[end:]}", encoding="utf-8")


def main() -> None:
    target, *chosen = sys.argv[1:]
    for fault in chosen or faults(target):
        one = row(fault, target)
        keep([one])
        words = (fault, target, str(one.rank), f"{one.seconds:.1f}", one.rule, str(one.mended), one.remedy, one.said)
        print(shlex.join(words), flush=True)
    write(kept())


if __name__ == "__main__":
    main()
