"""`labctl up`."""

from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from labctl.cli.faults_on import told
from labctl.cli.json_output import print_json
from labctl.cli.lessons.scene import undone
from labctl.cli.options import Flags, Format, Output, SettingsAndOverrides, Unset, given, lab_and_switch_options

if TYPE_CHECKING:
    from labctl.config import Config


class TargetChoice(StrEnum):
    auto = "auto"
    local = "local"
    kind = "kind"


TargetName = Annotated[TargetChoice | None, typer.Option("--target", help="Where the lab runs.", show_default="auto")]
Timeout = Annotated[str, typer.Option(metavar="TIME", help="How long each step may wait, such as 30s or 2m.")]
Retain = Annotated[bool, typer.Option("--retain", help="When a step fails, keep what was made so far, for debugging.")]
Adopt = Annotated[bool, typer.Option("--adopt", help="Use a cluster of that name although labctl did not create it.")]
Explain = Annotated[bool, typer.Option("--explain", help="Show what the given switches would change, and change nothing.")]


@lab_and_switch_options
def up(
    flags: Flags, target: TargetName = None, pairs: SettingsAndOverrides = None, unset: Unset = None, timeout: Timeout = "60s",
    retain: Retain = False, adopt: Adopt = False, explain: Explain = False, output: Format = Output.text,
) -> None:
    """Start the lab, or apply changed settings, code and manifests to the running one.

    Where: the target on which it runs already; else kind, if Docker, kind and the node image are available; else plain local
    processes. Ends once a canary request's trace has reached the viewer with every span. Run it again after a change: only what
    the change affects is restarted.

    In a cluster, --set also changes what the manifests say, such as --set service.limits.cpu=1, collector.requests.memory=256Mi
    or service.replicas=2. The lab keeps such an override until --unset service.limits.cpu, or --unset all. Where a new limit
    is below its request, or a new request above its limit, the other one follows.

    A switch, such as --sampling 10%, stays on until you say `--sampling off` or `labctl down`, in .env also after that; --tls
    alone means --tls on. Each is a folder of manifests/switches that can also be applied by hand; --explain shows what it would
    change of the running lab.
    """
    from labctl.cli import explained
    from labctl.config import load, seconds
    from labctl.lab import lifecycle
    from labctl.ui.kit.plain import remark
    from labctl.ui.lab import up as screen
    from labctl.ui.lab.steps import steps

    config = load(given(flags | flags_of(target), pairs, unset))
    for doubt in config.doubts:
        remark(f" ! {doubt}")
    if explain:
        _explain(config, output)
        return
    why = partial(explained.explain, config, of_up=True)
    options = lifecycle.UpOptions(seconds(timeout, "--timeout"), retain=retain, adopt=adopt, explain=why)
    with told(config), undone(config, "labctl up"):
        result = lifecycle.up(config, options, steps())
    if output is Output.json:
        print_json("Up", result.as_json())
    screen.show(result, summary=output is Output.text)


def _explain(config: "Config", output: Output) -> None:
    from labctl.lab.explain import explain

    explanation = explain(config)
    if output is Output.json:
        print_json("Explanation", explanation.as_json())
        return
    from labctl.ui.kit.console import out
    from labctl.ui.lab import explain as screen

    out().print(screen.render(explanation))
    if "retention" in explanation.switches:
        _stores(config)


def _stores(config: "Config") -> None:
    """What --retention needs on disk."""
    from labctl.cli.cost import wiring
    from labctl.cost.estimate import Wanted, estimate
    from labctl.cost.prices import price_file
    from labctl.ui.cost import stores
    from labctl.ui.kit.console import out

    found = estimate(wiring.measured(config, None), Wanted(price_file.read()))
    out().print("", stores.render(found.stores, found.rps), sep="\n")


def flags_of(target: TargetChoice | None) -> Flags:
    return {"LABCTL_TARGET": target.value} if target else {}
