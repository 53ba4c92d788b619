"""`labctl predict`."""

from typing import Annotated

import typer

from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options

Features = Annotated[
    list[float], typer.Argument(metavar="FEATURES…", help="Input features, such as 0.5 1.5 2.0.", show_default=False),
]


@lab_options
def predict(flags: Flags, features: Features, output: Format = Output.text) -> None:
    """Send one prediction request and show the answer, its trace id and its waterfall."""
    from labctl.config import load
    from labctl.lab.predict import predict as ask
    from labctl.targets import require_target

    made = ask(require_target(load(flags).spec()).endpoints(), features)
    if output is Output.json:
        print_json("Prediction", made.as_json())
        return
    from labctl.ui.kit.console import out
    from labctl.ui.telemetry import prediction as screen

    out().print(screen.render(made, out().width))
