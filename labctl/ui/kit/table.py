"""How every table looks: quiet heads over a thin rule, nothing around it."""

from rich.box import SIMPLE_HEAD
from rich.table import Table

from labctl.ui.kit.palette import DIM


def heads(*names: str) -> Table:
    """An empty table with these columns."""
    table = Table(box=SIMPLE_HEAD, header_style=DIM, border_style=DIM, pad_edge=False, show_edge=False, padding=(0, 1))
    for name in names:
        table.add_column(name)
    return table
