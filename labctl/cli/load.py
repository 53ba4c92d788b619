"""`labctl load`."""

from pathlib import Path
from typing import Annotated

import typer

from labctl.cli.options import Flags, Format, Output, Part, lab_options

Url = Annotated[str | None, typer.Option(help="Where to send, if not to the lab that stands.", show_default=False)]
Requests = Annotated[int | None, typer.Option("--requests", "-n", min=1, help="How many.", show_default="500")]
Duration = Annotated[
    str | None, typer.Option("--duration", "-d", metavar="TIME", help="For how long, such as 30s.", show_default=False),
]
Concurrency = Annotated[int, typer.Option("--concurrency", "-c", min=1, max=10000, help="Workers, each with one connection.")]
Rate = Annotated[
    float | None, typer.Option(min=0.001, help="Requests per second of each worker.", show_default="as fast as answers come"),
]
Rps = Annotated[float | None, typer.Option(min=0.001, help="Requests per second in total.", show_default=False)]
Body = Annotated[str | None, typer.Option(help="JSON to send, or @FILE.", show_default=False)]
Timeout = Annotated[str, typer.Option(metavar="TIME", help="How long to wait for one answer.")]
Tail = Annotated[Part | None, typer.Option(help="Show this component's log lines too.", show_default=False)]
TraceIds = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the run's trace ids, one a line.", show_default=False),
]


@lab_options
def load(
    flags: Flags, url: Url = None, requests: Requests = None, duration: Duration = None, concurrency: Concurrency = 10,
    rate: Rate = None, rps: Rps = None, body: Body = None, timeout: Timeout = "10s", tail: Tail = None,
    trace_ids: TraceIds = None, output: Format = Output.text,
) -> None:
    """Send requests and show how they were answered: percentiles, histogram, and what became of every span.

    With --rate or --rps requests are sent on a schedule and latency counts from when each was due, so that a server that
    stalls cannot hide it. Without, each of the workers sends its next request when it has its answer. Exit 6 when more than 1 %
    failed.
    """
    from labctl import config
    from labctl.cli import loading
    from labctl.load.aim import Wish

    wish = Wish(
        url, requests, config.seconds(duration, "--duration") if duration else None, concurrency, rate, rps, _body(body),
        config.seconds(timeout, "--timeout"),
    )
    summary = loading.run(wish, config.load(flags).spec(), tail.value if tail else None, output)
    if trace_ids:
        loading.write_ids(trace_ids, summary)
    loading.judge(summary)


def _body(text: str | None) -> bytes | None:
    """The bytes to send: what was typed, or with @ in front what that file holds, as curl has it."""
    from labctl.errors import UsageError

    if text is None or not text.startswith("@"):
        return text.encode() if text is not None else None
    try:
        return Path(text[1:]).read_bytes()
    except OSError as error:
        raise UsageError(f"--body {text}: {error.strerror}") from None
