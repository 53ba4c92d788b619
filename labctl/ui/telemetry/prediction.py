"""One prediction: the answer and its waterfall."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from labctl.lab.predict import Prediction
from labctl.ui.kit.palette import DIM
from labctl.ui.kit.safe_text import visible
from labctl.ui.telemetry import waterfall
from labctl.viewer_client.blame import blame


def render(made: Prediction, width: int) -> RenderableType:
    return Group(*_lines(made, width))


def _lines(made: Prediction, width: int) -> Iterator[RenderableType]:
    answer = {name: visible(value) for name, value in made.answer.items()}
    more = f"  ({answer.get('model_name', 'unknown model')}, {answer.get('latency_ms', '?')} ms)"
    yield Text.assemble(("prediction  ", DIM), answer["prediction"], more)
    if made.trace is None:
        yield Text.assemble(("trace       ", DIM), f"{visible(made.trace_id)} has not arrived yet: labctl check")
        return
    yield waterfall.render(made.trace, width)
    yield Text(visible(blame(made.trace)))
