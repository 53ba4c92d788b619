"""`labctl dev`."""

from labctl.cli.faults_on import mend_all
from labctl.cli.lab.up import TargetName, Timeout, flags_of
from labctl.cli.lessons.scene import undone
from labctl.cli.options import Flags, SettingsAndOverrides, Unset, given, lab_options


@lab_options
def dev(
    flags: Flags, target: TargetName = None, pairs: SettingsAndOverrides = None, unset: Unset = None, timeout: Timeout = "60s",
) -> None:
    """Start the lab, then apply every change of service/, manifests/ and .env until Ctrl-C. The lab keeps running.

    Prints one line per change: the files, what was rebuilt, and the time from saving to serving.
    """
    from labctl.cli import unexpected
    from labctl.cli.explained import explain
    from labctl.config import load, seconds
    from labctl.lab.dev import DevScreen, develop
    from labctl.ui.lab import changes
    from labctl.ui.lab.steps import steps

    mend_all(load(flags))
    typed = given(flags | flags_of(target), pairs, unset)
    with undone(load(flags), "labctl dev"):
        pass
    screen = DevScreen(steps(), changes.show, unexpected.explain, lambda error: explain(load(typed), error, of_up=True))
    develop(lambda: load(typed), seconds(timeout, "--timeout"), screen)
