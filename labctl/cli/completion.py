"""Shell completion of trace ids, run ids, scenarios and settings of the selected lab.

Errors give no completions and no message: they would end up on the command line being typed.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from labctl.config import Config

Offer = tuple[str, str]                 # a word, and what it means
MOST = 20
SETTING_OF = {
    "lab": "LABCTL_LAB", "project": "LABCTL_PROJECT", "cluster": "LABCTL_CLUSTER", "namespace": "LABCTL_NAMESPACE",
}


def _offering(offers: Callable[["Config"], Iterable[Offer]]) -> Callable[[typer.Context, str], list[Offer]]:
    def complete(ctx: typer.Context, incomplete: str) -> list[Offer]:
        from labctl.errors import LabError

        with contextlib.suppress(LabError, OSError):
            return [offer for offer in offers(_config(ctx.params)) if offer[0].startswith(incomplete)]
        return []

    return complete


def _config(typed: dict[str, Any]) -> "Config":
    from labctl.config import load

    return load({setting: typed.get(name) for name, setting in SETTING_OF.items()})


def _traces(config: "Config") -> Iterator[Offer]:
    from labctl.numbers import milliseconds
    from labctl.targets import require_target
    from labctl.viewer_client.client import ViewerClient

    yield "slowest", "the slowest request's"
    yield "up", "of the last labctl up"
    viewer = ViewerClient(require_target(config.spec()).endpoints().viewer)
    for trace in viewer.traces(sort="recent", limit=MOST):
        yield str(trace["trace_id"]), milliseconds(float(trace.get("duration_ms") or 0.0))


def _runs(config: "Config") -> Iterator[Offer]:
    from labctl.load.kept_runs import kept

    runs = kept(config.spec().state).runs[-MOST:]
    for number, run in enumerate(reversed(runs)):
        yield f"last-{number}" if number else "last", run.summary.run_id
    for run in reversed(runs):
        yield run.summary.run_id, run.scenario or run.summary.url


def _scenarios(_config: "Config") -> Iterator[Offer]:
    from labctl.load.plan.scenario import names

    return ((name, "") for name in names())


def _settings(_config: "Config") -> Iterator[Offer]:
    from labctl.config import SETTINGS

    return ((f"{setting.name}=", setting.meaning) for setting in SETTINGS)


def _settings_and_overrides(config: "Config") -> Iterator[Offer]:
    from labctl.overrides import BY_NAME

    yield from _settings(config)
    yield from ((f"{override.name}=", override.meaning) for override in BY_NAME.values())


def _overrides(config: "Config") -> Iterator[Offer]:
    """Those that the lab has recorded."""
    from labctl.overrides import ALL
    from labctl.targets import require_target

    yield ALL, "every one"
    yield from require_target(config.spec()).overrides().items()


def _lessons(_config: "Config") -> Iterator[Offer]:
    from labctl.lessons.table import LESSONS

    return ((lesson.name, lesson.goal) for lesson in LESSONS)


def _faults(_config: "Config") -> Iterator[Offer]:
    from labctl.faults.catalogue import FAULTS

    return ((fault.name, fault.teaches) for fault in FAULTS)


def _metrics(config: "Config") -> Iterator[Offer]:
    from labctl.targets import require_target
    from labctl.viewer_client.client import ViewerClient

    viewer = ViewerClient(require_target(config.spec()).endpoints().viewer)
    return ((name, "") for name in sorted({str(one["name"]) for one in viewer.metrics().series}))


traces, runs, scenarios, settings, lessons = map(_offering, (_traces, _runs, _scenarios, _settings, _lessons))
settings_and_overrides, overrides, metrics, faults = map(
    _offering, (_settings_and_overrides, _overrides, _metrics, _faults),
)
