"""What `labctl save` has written, and `labctl view` has read."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from labctl import numbers
from labctl.saved.save import Saved, untold
from labctl.saved.view import LoadedFile
from labctl.ui.kit.console import err
from labctl.ui.kit.palette import WARN
from labctl.ui.kit.plain import remark
from labctl.ui.kit.safe_text import visible


def render(saved: Saved) -> RenderableType:
    counts = _counts(saved.spans, saved.log_records, saved.data_points)
    path = visible(str(saved.path))
    lines = [Text.assemble((path, "bold"), f": {visible(saved.title)}, {counts}, {numbers.size(saved.size)}")]
    if saved.instead:
        lines.insert(0, Text(f" ! {saved.instead}", WARN))
    if saved.files:
        lines.append(Text(f"in it: {', '.join(saved.files)}", "dim"))
    if saved.left_out:
        lines.append(Text(f"not in it: {saved.left_out}", "dim"))
    lines.append(Text.assemble("next: ", (f"labctl view {shlex.quote(f'./{path}' if path.startswith('-') else path)}", "bold")))
    return Group(*lines)


def _counts(spans: int, log_records: int, data_points: int) -> str:
    named = ((spans, "span"), (log_records, "log record"), (data_points, "data point"))
    return ", ".join(numbers.plural(number, noun) for number, noun in named if number) or "nothing"


@contextmanager
def progress(file: Path) -> Iterator[Callable[[int], object]]:
    """How much has been read, at a terminal."""
    if not err().is_terminal:
        yield untold
        return
    with err().status(f"saving {visible(file.name)}…") as status:
        yield lambda size: status.update(f"saving {visible(file.name)}… {numbers.size(size)} read")


@contextmanager
def reading() -> Iterator[Callable[[str, float], object]]:
    """How much of a file has been read, at a terminal; all of it: nothing more is shown."""
    if not err().is_terminal:
        yield lambda _name, _share: None
        return
    with err().status("reading…") as status:
        def progress(name: str, share: float) -> None:
            if share < 1:
                status.update(f"reading {visible(Path(name).name)}… {share:.0%}")
            else:
                status.stop()

        yield progress


def tell(file: LoadedFile) -> None:
    """What was loaded of it, and what was refused, beside the result."""
    remark(f"{file.name}: {_counts(file.spans, file.log_records, file.data_points)}")
    for reason, number in file.refused.items():
        remark(f" ! refused: {numbers.count(number)} × {reason}")
