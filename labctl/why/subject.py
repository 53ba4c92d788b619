"""What the argument of `labctl why` means, where it is no component: a kept run, then a trace."""

import re
from typing import Final

from labctl.config import Config
from labctl.errors import UsageError
from labctl.load import kept_runs
from labctl.targets import require_target
from labctl.telemetry.trace import Trace
from labctl.viewer_client.client import TracedRun, ViewerClient, look_up
from labctl.why.runs.explain_run import RunExplanation, explain_run
from labctl.why.traces.explain_trace import explain_trace
from labctl.why.traces.trace_explanation import TraceExplanation

SLOWEST: Final = "slowest"
_RUN_ID: Final = re.compile("[0-9a-f]{16}")
_TRACE_ID: Final = re.compile("[0-9a-fA-F]{4,32}")


def explain(config: Config, name: str, above_ms: float | None = None) -> RunExplanation | TraceExplanation:
    """Raises UsageError when nothing, or more than one thing, has that name; LabError when no lab is up."""
    state, viewer = config.state, ViewerClient(require_target(config.spec()).endpoints().viewer)
    if kept_runs.is_named(state, name):
        run = kept_runs.find(state, name)
        return explain_run(viewer, run.summary.run_id, run, above_ms)
    if _RUN_ID.fullmatch(name) and viewer.run_counts(name)["traces"] > 1:
        return explain_run(viewer, name, None, above_ms)
    if above_ms is not None:
        raise UsageError(f"--above is for a run, and {name} is not one", hint="labctl runs")
    return explain_trace(viewer, _trace(config, viewer, name))


def _trace(config: Config, viewer: ViewerClient, name: str) -> Trace:
    if name != SLOWEST and not _TRACE_ID.fullmatch(name):
        raise UsageError(f"{name} is not a component, a kept run or a trace id", hint="labctl runs")
    of_run = kept_runs.traced_run(config.state, None) if name == SLOWEST else TracedRun()
    keeps = f"the viewer keeps {config['LABCTL_VIEWER_MAX_AGE']} of telemetry, {config['LABCTL_VIEWER_MAX_SIZE']} at most"
    return look_up(viewer, name, run=of_run, keeps=keeps)
