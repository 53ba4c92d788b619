"""Whether a run that is under way has broken a bound, by more than chance can explain: then it need not go on.

Both a percentile and a share of errors say how many requests may lie on the wrong side, so the question is how likely as
many of them would be if the bound held. `min`, `mean`, `rate` and `dropped` are only known when a run is over.
"""

from collections.abc import Sequence
from typing import Final

from labctl.load.confidence import SHARES, at_least
from labctl.load.slo import Term
from labctl.load.summary import Snapshot

_CHANCE: Final = 1e-4                   # it is asked eight times a second


def broken(terms: Sequence[Term], snapshot: Snapshot) -> Term | None:
    """The first bound that this much of the run has broken."""
    return next((term for term in terms if term.sign.startswith("<") and _broken(term, snapshot)), None)


def _broken(term: Term, snapshot: Snapshot) -> bool:
    failed, finished = snapshot.measured
    if term.figure == "max":
        return not term.met(snapshot.latency.max)
    if term.figure == "errors":
        return _too_many(failed, finished, term.limit / 100) if term.unit else not term.met(failed)
    if term.figure in SHARES:
        beyond = sum(bucket.count for bucket in snapshot.histogram if bucket.from_ms >= term.limit)
        return _too_many(beyond, snapshot.latency.count, 1 - SHARES[term.figure])
    return False


def _too_many(found: int, of: int, allowed: float) -> bool:
    return found > of * allowed and at_least(found, of, allowed) < _CHANCE
