"""What `learn` and `answer` share."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from labctl.cli.options import Flags

if TYPE_CHECKING:
    from labctl.lessons.stage import LabStage


def stage_of(flags: Flags) -> "LabStage":
    from labctl.lessons.stage import LabStage
    from labctl.ui.lab.steps import steps

    return LabStage(flags, steps())


def one_of(given: Mapping[str, object]) -> None:
    """Raises UsageError where more than one of these was given."""
    from labctl.errors import UsageError

    names = [name for name, value in given.items() if value]
    if len(names) > 1:
        raise UsageError(f"{' and '.join(names)} cannot be given together", hint="labctl learn --help")
