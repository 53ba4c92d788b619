"""`labctl logs`."""

from typing import Annotated

import typer

from labctl.cli.options import ComponentName, Flags, lab_options

Names = Annotated[
    list[ComponentName] | None, typer.Argument(metavar="COMPONENT…", help="Which components.", show_default="all"),
]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Keep printing new lines.")]
Since = Annotated[str | None, typer.Option(metavar="TIME", help="Only lines younger than this, such as 5m.", show_default=False)]
Tail = Annotated[int | None, typer.Option(min=0, metavar="N", help="Only each component's last N lines.", show_default="all")]
Previous = Annotated[bool, typer.Option("--previous", help="From before the last restart of a component.")]
Grep = Annotated[str | None, typer.Option(metavar="REGEX", help="Only lines that match, ignoring case.", show_default=False)]


@lab_options
def logs(
    flags: Flags, components: Names = None, follow: Follow = False, since: Since = None, grep: Grep = None, tail: Tail = None,
    previous: Previous = False,
) -> None:
    """Print the components' logs on stdout, merged by time."""
    import re
    import time

    from labctl.config import load, seconds
    from labctl.errors import UsageError
    from labctl.model import LogQuery
    from labctl.targets import require_target
    from labctl.ui.telemetry import log_printer

    try:
        wanted = re.compile(grep or "", re.IGNORECASE)
    except re.error as error:
        raise UsageError(f"--grep {grep}: {error}") from None
    names = [component.value for component in components or list(ComponentName)]
    oldest = time.time() - seconds(since, "--since") if since else None
    show = log_printer.printer(names)
    for line in require_target(load(flags).spec()).logs(LogQuery(names, follow, oldest, tail, previous)):
        if wanted.search(line.text):
            show(line)
