"""What `labctl save` has written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from labctl import numbers
from labctl.saved.save import Saved
from labctl.ui.kit.console import err
from labctl.ui.kit.palette import WARN
from labctl.ui.kit.safe_text import visible


def render(saved: Saved) -> RenderableType:
    counts = ", ".join(
        numbers.plural(number, noun) for number, noun in (
            (saved.spans, "span"), (saved.log_records, "log record"), (saved.data_points, "data point"),
        ) if number
    )
    path = visible(str(saved.path))
    lines = [Text.assemble((path, "bold"), f": {visible(saved.title)}, {counts or 'nothing'}, {numbers.size(saved.size)}")]
    if saved.instead:
        lines.insert(0, Text(f" ! {saved.instead}", WARN))
    if saved.files:
        lines.append(Text(f"in it: {', '.join(saved.files)}", "dim"))
    if saved.left_out:
        lines.append(Text(f"not in it: {saved.left_out}", "dim"))
    lines.append(Text.assemble("next: ", (f"labctl view {path}", "bold")))
    return Group(*lines)


@contextmanager
def progress(file: Path) -> Iterator[Callable[[int], object]]:
    """How much has been read, at a terminal."""
    if not err().is_terminal:
        yield id
        return
    with err().status(f"saving {visible(file.name)}…") as status:
        yield lambda size: status.update(f"saving {visible(file.name)}… {numbers.size(size)} read")
