"""`labctl why RUN` of runs with nothing in them, also with a wide spread and on a machine that stalls: hardly a claim."""

import random
from collections.abc import Callable

import pytest

from labctl.telemetry.store.store import Store
from labctl.why.runs.explain_run import explain
from tests.unit.why.conftest import store
from tests.unit.why.runs.made_up import Change, Sent, requests_of, run

__all__ = ["store"]
RUNS = 20


def ordinary(_: int) -> Change:
    return lambda *_: None


def widely_spread(_: int) -> Change:
    def change(sent: Sent, chance: random.Random) -> None:
        sent.inference = 100 * chance.lognormvariate(0, 0.5)
    return change


def stalling(seed: int) -> Change:
    chance = random.Random(seed)
    begins = [chance.uniform(0, 20) for _ in range(chance.randrange(1, 6))]
    stalls = [(begin, begin + chance.uniform(0.03, 0.4)) for begin in begins]

    def change(sent: Sent, _: random.Random) -> None:
        for begin, end in stalls:
            if sent.due_s < end and sent.due_s + sent.inference / 1e3 > begin:
                sent.inference += (end - max(begin, sent.due_s)) * 1e3
    return change


@pytest.mark.parametrize("made", [ordinary, widely_spread, stalling])
def test_hardly_anything_is_called_significant(made: Callable[[int], Change], store: Store) -> None:
    claims = []
    for seed in range(RUNS):
        run_id = f"{seed:016x}"
        found = explain(requests_of(run(seed=seed, change=made(seed)), store, run_id), run_id)
        claims += [(seed, one) for one in (*found.slow.told, *found.failed.told)]
        assert found.slow.looked_at > 50 or found.stalls
    assert len({seed for seed, _ in claims}) <= 1, claims
