"""`labctl predict`."""

from typing import Annotated

import typer

from labctl.cli.options import Flags, Format, Output, lab_options, print_json

Features = Annotated[list[float], typer.Argument(help="The features, such as 0.5 1.5 2.0.", show_default=False)]


@lab_options
def predict(flags: Flags, features: Features, output: Format = Output.text) -> None:
    """Ask for one prediction and show the answer, its trace id and its waterfall."""
    import json

    from labctl.config import load
    from labctl.errors import LabError
    from labctl.lab import canary
    from labctl.targets import require_target

    at = require_target(load(flags).spec()).endpoints()
    # NaN and the infinities are passed on as they are: the service has a word to say about them
    made = canary.call(at.service, json.dumps({"features": features}).encode())
    canary.export(made, at.service, at.otlp_http)
    answer = json.loads(made.body)
    if made.status != canary.OK:
        raise LabError(f"the service answered {made.status}: {answer.get('title', '')}", detail=json.dumps(answer, indent=2))
    trace = canary.arrived(at, made)
    if output is Output.json:
        print_json({**answer, "trace": trace.as_json() if trace else None})
        return
    print(f"prediction  {answer['prediction']}  ({answer['model_name']}, {answer['latency_ms']} ms)")
    if trace is None:
        print(f"trace       {made.trace_id} has not arrived yet: labctl check")
        return
    from labctl.ui.kit.console import out
    from labctl.ui.telemetry import waterfall
    from labctl.viewer_client.blame import blame

    out().print(waterfall.render(trace, out().width))
    print(blame(trace))
