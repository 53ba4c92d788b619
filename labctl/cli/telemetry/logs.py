"""`labctl logs`."""

from typing import TYPE_CHECKING, Annotated

import typer

from labctl.cli.options import ComponentName, Flags, Format, Output, lab_options

if TYPE_CHECKING:
    from labctl.addons.log_store import LogRecord

Names = Annotated[
    list[ComponentName] | None, typer.Argument(metavar="COMPONENT…", help="Whose logs to print.", show_default="all"),
]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Keep printing new lines.")]
Since = Annotated[str | None, typer.Option(metavar="TIME", help="Only lines younger than this, such as 5m.", show_default=False)]
Tail = Annotated[int | None, typer.Option(min=0, metavar="N", help="Only each component's last N lines.", show_default="all")]
Previous = Annotated[bool, typer.Option("--previous", help="From before the last restart of a component.")]
Grep = Annotated[str | None, typer.Option(metavar="REGEX", help="Only lines that match, ignoring case.", show_default=False)]
Query = Annotated[str | None, typer.Option(
    metavar="LOGSQL", help="Instead, ask VictoriaLogs (--with logs), such as 'severity_text:ERROR'.", show_default=False,
)]
Limit = Annotated[int, typer.Option(min=1, max=100_000, metavar="N", help="With --query: only the newest N records.")]

QUERY_HINT = "labctl logs --query 'severity_text:ERROR' --since 5m"


@lab_options
def logs(
    flags: Flags, components: Names = None, follow: Follow = False, since: Since = None, grep: Grep = None, tail: Tail = None,
    previous: Previous = False, query: Query = None, limit: Limit = 100, output: Format = Output.text,
) -> None:
    """Print the components' logs on stdout, merged by time.

    With --query it prints the log records of VictoriaLogs that match: time, severity, message, fields and trace id.
    """
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
    if query is not None:
        if components or follow or grep or tail is not None or previous:
            raise UsageError("--query asks VictoriaLogs: it goes with --since, --limit and -o alone", hint=QUERY_HINT)
        _show(query, _found(flags, query, oldest, limit), limit, output)
        return
    if output is Output.json:
        raise UsageError("-o json goes with --query; the components' own lines are JSON or text as they came", hint=QUERY_HINT)
    show = log_printer.printer(names)
    for line in require_target(load(flags).spec()).logs(LogQuery(names, follow, oldest, tail, previous)):
        if wanted.search(line.text):
            show(line)


def _found(flags: Flags, query: str, oldest: float | None, limit: int) -> "list[LogRecord]":
    from labctl.addons import log_store
    from labctl.addons.pages import require
    from labctl.components import VICTORIA_LOGS
    from labctl.config import load
    from labctl.targets import require_target

    spec = load(flags).spec()
    lab = require_target(spec)
    require(VICTORIA_LOGS, lab.switches(), spec)
    return log_store.query(lab.endpoints()[VICTORIA_LOGS.ports[0].name], query, since=oldest, limit=limit)


def _show(query: str, records: "list[LogRecord]", limit: int, output: Output) -> None:
    from labctl.cli.json_output import print_json

    if output is Output.json:
        print_json("LogRecords", {"records": [record.as_json() for record in records]})
        return
    from labctl.ui.kit.commands import typed
    from labctl.ui.kit.console import out
    from labctl.ui.kit.plain import remark
    from labctl.ui.telemetry import log_records

    for record in records:
        out().print(log_records.render(record), soft_wrap=True)
    if len(records) == limit:
        # a query with a pipe sorts and limits as it likes
        remark(f"at most {limit} are shown: --limit allows more" if "|" in query else f"the newest {limit}: --limit shows more")
    traced = next((record.trace_id for record in reversed(records) if record.trace_id), "")
    if traced:
        remark(f"next: {typed(f'labctl trace {traced}')}")
    elif not records:
        remark("no log record matches")
