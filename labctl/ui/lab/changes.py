"""One line for each change that `labctl dev` has seen."""

import time

from labctl import numbers
from labctl.lab.dev import FileChange
from labctl.lab.plan import StepName
from labctl.ui import failure
from labctl.ui.kit.plain import say

SHOWN = {StepName.PUBLISH, StepName.DEPLOY}


def show(change: FileChange) -> None:
    say(line(change))
    if change.error:
        failure.show(change.error)


def line(change: FileChange) -> str:
    """`12:01:07 service/app.py: started service; serving after 1.2 s`."""
    return f"{time.strftime('%H:%M:%S')} {_files(change.files)}: {_outcome(change)}"


def _files(files: tuple[str, ...]) -> str:
    more = len(files) - 1
    return f"{files[0]} and {numbers.plural(more, 'file')} more" if more else files[0]


def _outcome(change: FileChange) -> str:
    if change.error:
        return f"not served, after {numbers.seconds(change.seconds)}"
    said = [step.result for step in change.done if step.name in SHOWN and step.changed]
    return f"{'; '.join(said)}; serving after {numbers.seconds(change.seconds)}" if said else "nothing to change"
