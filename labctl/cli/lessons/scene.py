"""What a command that sets up the lab by its own settings says of an open lesson, whose scene that undoes."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labctl.config import Config
    from labctl.lessons.progress import OpenLesson


@contextmanager
def undone(config: "Config", command: str) -> Iterator[None]:
    """The lesson stays open: what it asks may be answered from what has been seen already."""
    from labctl.errors import Locked, Refused, UsageError
    from labctl.lessons import progress

    opened = _begun(config)
    if opened:
        from labctl.ui.kit.plain import remark

        remark(f" ! this undoes what the open lesson {opened.name} has set up; its question stays open: labctl learn")
    try:
        yield
    except (UsageError, Refused, Locked):
        opened = None                   # nothing was changed
        raise
    finally:
        if opened:
            known = progress.read(config.state)
            progress.write(config.state, replace(known, open=replace(opened, changed_by=command)))


def _begun(config: "Config") -> "OpenLesson | None":
    """A file that cannot be read must not keep the lab down: `learn` says what is wrong with it."""
    from labctl.errors import LabError
    from labctl.lessons import progress

    with suppress(LabError):
        return progress.read(config.state).begun
    return None
