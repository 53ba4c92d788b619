"""How every table looks: dim column names over a thin rule, no border."""

from rich.box import SIMPLE_HEAD
from rich.table import Table

from labctl.ui.kit.palette import DIM


def new_table(*names: str) -> Table:
    """An empty table with these columns."""
    table = Table(box=SIMPLE_HEAD, header_style=DIM, border_style=DIM, pad_edge=False, show_edge=False, padding=(0, 1))
    for name in names:
        table.add_column(name)
    return table
