"""Which traces of two runs are complete: a span that was lost is no span that took no time.

What a trace has is its shape: the set of its span paths. Where spans of a run were lost, a trace is left out if a parent is
missing in it, or if its shape is a part of a larger one that is more usual: the traces of a run that lost nothing say what is
usual, else those of both. Left out are such traces of both runs, so that alike ones are compared.

Subtle: a shape that is so frequent that it lacks more spans than were lost is none of loss (a cache was hit, a service has other
spans now). Where nobody has told how many were lost, missing parents say that some were, unless nearly all traces lack them: then
a service on the way sends no spans.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Final

from labctl.telemetry.page.load_runs.losses import RunLosses
from labctl.telemetry.page.load_runs.span_paths import SpanPaths, TraceShape
from labctl.telemetry.span_tree import Place, SpanTree

MOST_SHAPES: Final = 200                # the most frequent, which are compared with each other
_USUAL: Final = 0.05                    # larger shapes for each smaller one, where both runs have losses
_ALWAYS: Final = 0.9                    # of the traces: what is missing in so many is not lost
_SURE: Final = 1.5


@dataclass(frozen=True)
class TracesOfRun:
    trees: Sequence[SpanTree]
    shapes: Sequence[TraceShape]
    stored: int                         # traces of the run, of which these are a sample
    told: RunLosses | None

    @cached_property
    def broken(self) -> Sequence[bool]:
        """Whether a parent is missing, by trace."""
        found = [bool(tree.count(Place.ORPHAN)) for tree in self.trees]
        return found if sum(found) < _ALWAYS * len(found) or (self.told and self.told.missing) else [False] * len(found)

    @cached_property
    def missing(self) -> float:
        """Spans that these traces may lack."""
        if self.told:
            return self.told.missing * len(self.trees) / max(self.stored, 1)
        return inf if any(self.broken) else 0.0

    @cached_property
    def counts(self) -> Counter[TraceShape]:
        return Counter(shape for shape, broken in zip(self.shapes, self.broken, strict=True) if not broken)


def traces_of_run(trees: Sequence[SpanTree], stored: int, told: RunLosses | None, paths: SpanPaths) -> TracesOfRun:
    return TracesOfRun(trees, [paths.shape(tree) for tree in trees], stored, told)


def complete(runs: Sequence[TracesOfRun]) -> list[list[bool]]:
    """Whether it is, for each trace of each run."""
    parts = _parts(runs) if any(run.missing for run in runs) else set[TraceShape]()
    return [[not broken and shape not in parts for shape, broken in zip(run.shapes, run.broken, strict=True)] for run in runs]


def _parts(runs: Sequence[TracesOfRun]) -> set[TraceShape]:
    """The shapes of traces that lack something."""
    whole = [run.counts for run in runs if not run.missing]
    usual, least = sum(whole or [run.counts for run in runs], Counter[TraceShape]()), 1.0 if whole else _USUAL
    larger = [shape for shape, _ in usual.most_common(MOST_SHAPES)]
    found = set[TraceShape]()
    for shape in {shape for run in runs for shape in run.counts}:
        above = [one for one in larger if shape < one and usual[one] >= least * usual[shape]]
        lacks = min((len(one - shape) for one in above), default=0)
        if lacks and any(0 < run.counts[shape] * lacks <= _SURE * run.missing for run in runs if run.missing):
            found.add(shape)
    return found
