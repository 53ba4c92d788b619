"""`labctl dev`."""


from labctl.cli.lab.up import TargetName, Timeout, flags_of
from labctl.cli.options import Flags, Settings, given, lab_options


@lab_options
def dev(flags: Flags, target: TargetName = None, pairs: Settings = None, timeout: Timeout = "60s") -> None:
    """Start the lab, then apply every change of service/, manifests/ and .env until Ctrl-C. The lab keeps running.

    Prints one line per change: the files, what was rebuilt, and the time from saving to serving.
    """
    from labctl.cli import unexpected
    from labctl.config import load, seconds
    from labctl.host import locks
    from labctl.lab import dev as watching
    from labctl.model import Lab
    from labctl.targets import ClusterOptions, choose_target, open_target
    from labctl.ui.lab import changes
    from labctl.ui.lab.steps import steps

    typed = flags | given(pairs) | flags_of(target)
    first = load(typed)
    spec, patience = first.spec(), seconds(timeout, "--timeout")

    with locks.hold(spec.state.with_suffix(".lock"), "dev"):
        chosen = choose_target(first["LABCTL_TARGET"], spec, ClusterOptions()).target.name

        def lab() -> Lab:
            now = load(typed)
            now.require_same_lab(first)
            return Lab(now.spec(), open_target(chosen, now.spec(), ClusterOptions()), patience)

        watching.run(watching.Session(lab, unexpected.explain, changes.show, first.dotenv), steps())
