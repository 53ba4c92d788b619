"""`labctl kubeconfig`."""

from typing import Annotated

import typer

from labctl.cli.options import Flags, lab_options

Merge = Annotated[
    bool, typer.Option("--merge", help="Merge it into yours (KUBECONFIG, or ~/.kube/config) and make it the current context."),
]


@lab_options
def kubeconfig(flags: Flags, merge: Merge = False) -> None:
    """Print the path of the cluster's kubeconfig, as in: kubectl --kubeconfig "$(labctl kubeconfig)" get pods

    Your own kubeconfig is neither read nor written unless you pass --merge; `labctl down` removes that entry again.
    """
    from labctl.config import load
    from labctl.targets import require_target

    print(require_target(load(flags).spec()).kubeconfig(merge=merge))
