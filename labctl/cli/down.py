"""`labctl down`."""

from labctl.cli.options import Format, LabName, Output, ProjectFolder, print_json, settings


def down(lab: LabName = None, project: ProjectFolder = None, output: Format = Output.text) -> None:
    """Take the lab down, and prove that nothing of it is left.

    Finds what belongs to the lab by its token, also when the state folder is gone. Logs stay in the state folder.
    """
    from labctl import plan
    from labctl.host import locks
    from labctl.model import Lab
    from labctl.targets import open_target, standing
    from labctl.ui.steps import steps

    spec = settings(lab, project).spec()
    with locks.hold(spec.state.with_suffix(".lock"), "down"):
        found = standing(spec)
        done = plan.down(Lab(spec, found or open_target("local", spec)), steps())
    if output is Output.json:
        print_json({"lab": spec.name, "was_up": found is not None, "result": done[-1].result})
    else:
        print(f"{spec.name} is down" if found else f"{spec.name} was not up")
