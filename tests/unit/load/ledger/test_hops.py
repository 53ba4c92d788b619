"""Which hop lost them: told where the counters leave no other, else unknown."""

from math import inf

import pytest

from labctl.load.ledger.hops import Bounds, Hop, HopLoss, Missing, losses


@pytest.mark.parametrize(("missing", "bounds", "told"), [
    (Missing(0, 0, 4), Bounds(0, 0, 4), {Hop.VIEWER: 4}),
    (Missing(0, 0, 4), Bounds(0, 9, 0), {Hop.COLLECTOR: 4}),
    (Missing(0, 0, 4), Bounds(inf, 0, 0), {Hop.SERVICE: 4}),                # the service was restarted, the collector was not
    (Missing(0, 0, 4), Bounds(4, 0, 0), {Hop.SERVICE: 4}),
    (Missing(2, 1, 4), Bounds(4, 1, 0), {Hop.CLIENT: 2, Hop.SERVICE: 4, Hop.COLLECTOR: 1}),
    (Missing(0, 0, 4), Bounds(), {Hop.UNKNOWN: 4}),
    (Missing(0, 0, 9, too_late=7), Bounds(), {Hop.SERVICE: 7, Hop.UNKNOWN: 2}),
    (Missing(0, 3, 5), Bounds(5, inf, inf), {Hop.UNKNOWN: 8}),
    (Missing(0, 3, 5), Bounds(0, inf, 0), {Hop.COLLECTOR: 8}),
    (Missing(0, 0, 6), Bounds(4, 4, 0), {Hop.SERVICE: 2, Hop.COLLECTOR: 2, Hop.UNKNOWN: 2}),   # others' spans are among the 8
    (Missing(0, 0, 9), Bounds(1, 1, 1), {Hop.UNKNOWN: 9}),                  # contradicts itself
    (Missing(0, 3, 5), Bounds(0, 0, 0, processed=9), {Hop.PROCESSOR: 8}),
    (Missing(0, 3, 5), Bounds(0, inf, 0, processed=9), {Hop.UNKNOWN: 8}),
    (Missing(0, 3, 5), Bounds(5, 0, 0, processed=6), {Hop.SERVICE: 2, Hop.PROCESSOR: 3, Hop.UNKNOWN: 3}),
    (Missing(0, 0, 0), Bounds(5, 5, 5), {}),
])
def test_what_the_counters_tell(missing: Missing, bounds: Bounds, told: dict[Hop, int]) -> None:
    assert losses(missing, bounds) == tuple(HopLoss(hop, spans) for hop, spans in told.items())
