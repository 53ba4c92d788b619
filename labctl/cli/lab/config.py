"""`labctl config`."""

from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, SettingsAndOverrides, given, lab_options


@lab_options
def config(flags: Flags, pairs: SettingsAndOverrides = None, output: Format = Output.text) -> None:
    """Show every setting with its value and its source: flag, environment, .env or default.

    Of a running lab also the switches that it keeps (labctl up --sampling 10%), and the overrides of the manifests (labctl up
    --set service.limits.cpu=1), with the source "the lab".
    """
    from labctl.cli.cost import wiring
    from labctl.config import load
    from labctl.lab.status import recorded
    from labctl.overrides import meaning, merged
    from labctl.redaction import redacted, without_secrets
    from labctl.switches import chosen
    from labctl.switches.destinations import scraped_port
    from labctl.switches.export import EXPORT
    from labctl.switches.switch import OFF
    from labctl.switches.table import BY_NAME

    decided = load(given(flags, pairs))
    kept = recorded(decided.spec())
    of_lab = {BY_NAME[name].setting: text for name, text in kept.switches.items() if name not in decided.switches}
    idle = {BY_NAME[name].setting: f"; no effect: {why}" for name, why in kept.without_effect.items()}
    rows = [
        {"name": name, "value": redacted(of_lab.get(name, v.text)), "source": "the lab" if name in of_lab else v.source,
         "description": v.setting.meaning + idle.get(name, "")}
        for name, v in decided.values.items()
    ]
    export = next(row for row in rows if row["name"] == EXPORT.setting)
    if port := scraped_port(export["value"]) if export["value"] != OFF else 0:
        rows.append({**export, "name": "--export prometheus", "value": str(port),
                     "description": "the collector's port that Prometheus scrapes; for another: --export prometheus:PORT"})
    rows += [
        {"name": name, "value": text, "source": "environment or .env", "description": "passed to the service"}
        for name, text in without_secrets(decided.extra).items()
    ]
    rows += [
        {"name": name, "value": text, "source": "flag" if name in decided.overrides else "the lab", "description": meaning(name)}
        for name, text in merged(kept.overrides, decided.overrides).items()
    ]
    on = chosen.merged(kept.switches, decided.switches)
    needs, rps = wiring.stores(decided, on)
    if output is Output.json:
        print_json("Config", {
            "project": str(decided.project.root), "project_origin": decided.project.origin,
            "env_file": str(decided.dotenv) if decided.dotenv else None, "state": str(decided.state), "settings": rows,
            "stores": [need.as_json() for need in needs],
        })
        return
    from labctl.targets import settings_refusal
    from labctl.ui.cost import stores
    from labctl.ui.kit.console import out
    from labctl.ui.kit.plain import say
    from labctl.ui.lab import config as screen

    say(f"project  {decided.project.root} ({decided.project.origin})")
    say(f"env file {decided.dotenv or 'none'}")
    say(f"state    {decided.state}")
    say("")
    out().print(screen.render([tuple(row.values()) for row in rows]))
    if stores.worth_telling(needs, on):
        out().print("", stores.render(needs, rps), sep="\n")
    spec = decided.spec()
    wrong = settings_refusal(spec) if spec.service_env else ""
    for doubt in (*decided.doubts, *wrong.splitlines()):
        say(f"! {doubt}")
