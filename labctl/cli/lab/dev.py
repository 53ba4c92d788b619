"""`labctl dev`."""


from labctl.cli.lab.up import TargetName, Timeout, flags_of
from labctl.cli.options import Flags, Settings, given, lab_options


@lab_options
def dev(flags: Flags, target: TargetName = None, pairs: Settings = None, timeout: Timeout = "60s") -> None:
    """Bring the lab up, then again after every change of service/ and manifests/, until Ctrl-C; the lab stays.

    One line for each change: what changed, what was rebuilt, and how long it took from saving to serving.
    """
    from labctl.config import load, seconds
    from labctl.host import locks
    from labctl.lab import dev as watching
    from labctl.model import Lab
    from labctl.targets import ClusterOptions, choose_target
    from labctl.ui.lab import changes
    from labctl.ui.lab.steps import steps

    config = load(flags | given(pairs) | flags_of(target))
    spec, patience = config.spec(), seconds(timeout, "--timeout")

    def lab() -> Lab:
        return Lab(spec, choose_target(config["LABCTL_TARGET"], spec, ClusterOptions()).target, patience)

    with locks.hold(spec.state.with_suffix(".lock"), "dev"):
        watching.run(lab, steps(), changes.show)
