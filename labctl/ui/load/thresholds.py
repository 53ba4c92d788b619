"""The thresholds of a run, each with what was measured."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from labctl.load.judge.verdicts import Verdict
from labctl.ui.kit.palette import BAD, GOOD
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table


def render(verdicts: Sequence[Verdict]) -> RenderableType:
    table = new_table("", "threshold", "measured")
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    for verdict in verdicts:
        style = GOOD if verdict.met else BAD
        sign = Text("✓ met" if verdict.met else "✗ missed", style=style)
        table.add_row(sign, visible(verdict.threshold), Text(visible(verdict.found), style="" if verdict.met else BAD))
    return Padding(table, (0, 2))
