"""What the page asks of load runs, by address: docstrings of the modules beside this one have the shapes."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from labctl.telemetry.http.messages import HTTPProblem
from labctl.telemetry.http.parameters import Parameters, number, whole
from labctl.telemetry.page.load_runs import changes, figures, listed, losses, tree
from labctl.telemetry.query.counts import run_span_count
from labctl.telemetry.store.store import Store

_LATEST_MS: Final = 9 * 10**12
_LONGEST_MS: Final = 1e6
_RUN, _TRACE = "[0-9a-fA-F]{1,32}", "[0-9a-fA-F]{32}"


def routes(store: Store) -> dict[str, Callable[..., Any]]:
    return {
        "runs": partial(_runs, store), f"runs/({_RUN})": partial(_run, store), "compare/changes": partial(_changes, store),
        "compare/tree": partial(_tree, store), "compare/typical": partial(_typical, store),
        f"losses/({_RUN})": partial(_losses, store),
    }


def _runs(store: Store, asked: Parameters) -> dict[str, Any]:
    return listed.runs(store, whole(asked, "before", 0, _LATEST_MS) if "before" in asked else None)


def _run(store: Store, asked: Parameters, prefix: str) -> dict[str, Any]:
    begin, end = (whole(asked, name, default, _LATEST_MS, least=0) for name, default in (("begin", 0), ("end", _LATEST_MS)))
    prefix = prefix.lower()
    found = figures.figures(store, figures.read(store, prefix, begin, end))
    return {**found, **run_span_count(store, prefix), "ledger": losses.told_ledger(store, prefix) or None}


def _losses(store: Store, _: Parameters, run_id: str) -> dict[str, int] | None:
    found = losses.of_run(store, run_id.lower())
    return found.as_json() if found else None


def _changes(store: Store, asked: Parameters) -> dict[str, Any]:
    return changes.changes(store, _two(asked, "runs", _RUN), number(asked, "late_ms", _LONGEST_MS) or 0.0)


def _tree(store: Store, asked: Parameters) -> dict[str, Any]:
    if "traces" in asked:
        return tree.of_traces(store, [bytes.fromhex(one) for one in _two(asked, "traces", _TRACE)])
    return tree.of_runs(store, _two(asked, "runs", _RUN))


def _typical(store: Store, asked: Parameters) -> dict[str, Any]:
    if not re.fullmatch(_TRACE, asked.get("trace", "")):
        raise HTTPProblem(400, "trace must be 32 hex digits")
    return tree.typical(store, bytes.fromhex(asked["trace"]))


def _two(asked: Parameters, name: str, pattern: str) -> list[str]:
    found = asked.get(name, "").lower().split(",")
    if len(found) != 2 or not all(re.fullmatch(pattern, one) for one in found):  # noqa: PLR2004 - a comparison is of two
        raise HTTPProblem(400, f"{name} takes two ids, separated by a comma")
    return found
