"""Makes every fault in turn, asks `labctl why`, pastes its remedy, and writes the table of docs/faults.md.

    python bench/fault_table.py local [FAULT…]        (or kind; the environment says which lab: LABCTL_LAB, its ports)
    python bench/fault_table.py local --pairs         two faults at once

One lab for all faults. Per fault: the rank of the first finding that names it (bench/fault_expectations.py), the seconds that
`why` took, whether its remedy mended the lab (`labctl check` passes) and, where it did not, whether `labctl mend` did.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fault_expectations import EXPECTED, PAIRS
from fault_ranks import rank_of

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "faults.md"
RESULTS = ROOT / ".labctl"             # a file for each target, so that both can be measured at once
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


@dataclass(frozen=True)
class Pair:
    faults: tuple[str, str]
    target: str
    ranks: tuple[int | None, int | None]
    seconds: float
    said: tuple[str, ...]               # the causes, where the two are not the first


def labctl(*words: str, timeout: float = 180) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(BIN / "labctl"), *words], capture_output=True, text=True, timeout=timeout, env=ENV, check=False)


def listed() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(labctl("break", "--list", "-o", "json").stdout)["faults"]
    return found


def faults(target: str) -> list[str]:
    return [one["name"] for one in listed() if target in one["targets"]]


def row(fault: str, target: str) -> Row:
    made = labctl("break", fault)
    if made.returncode:
        raise SystemExit(f"{fault}: {made.stderr}")
    seconds, answer = why()
    if answer["failed"]:                # a busy machine: it says itself that it could not look at everything
        seconds, answer = why()
    findings = answer["findings"]
    rank = rank_of(EXPECTED[fault], findings)
    shown = findings[(rank or 1) - 1] if findings else {}
    remedy = str(shown.get("remedy", ""))
    mended = paste(remedy) and whole()
    if labctl("mend").returncode or not whole():
        raise SystemExit(f"{fault}: labctl mend does not mend it")
    if "--set" in remedy:               # it stays until it is taken back
        labctl("up", "--unset", "all")
    first = "" if rank == 1 or not findings else f"{findings[0]['component']}: {findings[0]['message']}"
    return Row(fault, target, rank, str(shown.get("rule", "")), seconds, remedy, mended, first)


def pair(names: tuple[str, str], target: str) -> Pair:
    made = labctl("break", *names)
    if made.returncode:
        raise SystemExit(f"{names}: {made.stderr}")
    seconds, answer = why()
    if answer["failed"]:
        seconds, answer = why()
    ranks = (rank_of(EXPECTED[names[0]], answer["findings"]), rank_of(EXPECTED[names[1]], answer["findings"]))
    labctl("mend")
    said = tuple(one["message"] for one in answer["findings"] if one["kind"] == "cause")
    return Pair(names, target, ranks, seconds, () if sorted(map(str, ranks)) == ["1", "2"] else said)


def why() -> tuple[float, dict[str, Any]]:
    begun = time.monotonic()
    said = labctl("why", "-o", "json")
    answer: dict[str, Any] = json.loads(said.stdout) if said.stdout else {"failed": [said.stderr], "findings": []}
    return time.monotonic() - begun, answer


def paste(remedy: str) -> bool:
    if not remedy:
        return False
    return subprocess.run(["bash", "-c", remedy], capture_output=True, timeout=180, env=ENV, check=False).returncode == 0


def whole() -> bool:
    """A request's trace arrives, and every component is ready: in a cluster an old pod serves while its successor fails."""
    return labctl("check", "--timeout", "15s").returncode == 0 and labctl("status").returncode == 0


def results(target: str) -> dict[str, Any]:
    """Rows and pairs of this and of earlier runs, by name."""
    path = RESULTS / f"faults-{target}.json"
    return {"rows": {}, "pairs": {}} | (json.loads(path.read_text()) if path.exists() else {})


def keep(kind: str, name: str, one: Row | Pair) -> None:
    found = results(one.target)
    found[kind][name] = asdict(one)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"faults-{one.target}.json").write_text(json.dumps(found, indent=1))


def table(rows: list[Row]) -> str:
    names = ("symptom", "fault", "target", "rank", "seconds", "rule", "the remedy mends it")
    lines = [f"| {' | '.join(names)} |", "| --- " * len(names) + "|"]
    symptoms = {one["name"]: one["row"] for one in listed()}
    for one in sorted(rows, key=lambda one: (list(EXPECTED).index(one.fault), one.target)):
        remedy = re.sub(r"\bkill( -CONT)? \d+", r"kill\1 PID", one.remedy)
        mended = f"yes: `{re.sub(r'-n [a-z0-9-]+', '-n NAMESPACE', remedy)}`" if one.mended else "no"
        figures = f"{one.rank or '–'} | {one.seconds:.1f} | {one.rule or '–'}"
        lines.append(f"| {symptoms[one.fault]} | {one.fault} | {one.target} | {figures} | {mended} |")
    return "\n".join(lines)


def pair_table(pairs: list[Pair]) -> str:
    lines = ["| faults | target | ranks | seconds |", "| --- | --- | --- | --- |"]
    for one in pairs:
        ranks = " and ".join(str(rank or "–") for rank in one.ranks)
        lines.append(f"| {' and '.join(one.faults)} | {one.target} | {ranks} | {one.seconds:.1f} |")
    return "\n".join(lines)


def write() -> None:
    page, found = PAGE.read_text(encoding="utf-8"), [results(target) for target in ("local", "kind")]
    rows = [Row(**one) for kept in found for one in kept["rows"].values()]
    pairs = [Pair(**one) for kept in found for one in kept["pairs"].values()]
    for name, text in (("table", table(rows)), ("pairs", pair_table(pairs))):
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        head, tail = page[:page.index(begin) + len(begin)], page[page.index(end):]
        page = f"{head}\n{text}\n{tail}"
    PAGE.write_text(page, encoding="utf-8")


def main() -> None:
    target, *chosen = sys.argv[1:] or [""]
    if target not in {"local", "kind"}:
        raise SystemExit(__doc__)
    if chosen[:1] == ["--pairs"]:
        for names in PAIRS if chosen == ["--pairs"] else [tuple(chosen[1:])]:
            both = pair(names, target)
            keep("pairs", " ".join(names), both)
            print(shlex.join([*names, target, str(both.ranks), f"{both.seconds:.1f}", *both.said]), flush=True)
    else:
        for fault in chosen or faults(target):
            one = row(fault, target)
            keep("rows", fault, one)
            words = (fault, target, str(one.rank), f"{one.seconds:.1f}", one.rule, str(one.mended), one.remedy, one.said)
            print(shlex.join(words), flush=True)
    write()


if __name__ == "__main__":
    main()
