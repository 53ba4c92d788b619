"""The options of `labctl load` that say what is sent, how often and for how long: as typed, and as RunOptions.

Subtle: an option that was not typed is None here, whatever its default, since what a scenario says goes before a default.
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from labctl.cli import completion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labctl.load.plan.load_plan import Request
    from labctl.load.plan.run_options import RunOptions
    from labctl.load.plan.stages import Stage

THRESHOLDS = "Thresholds"
_WHAT, _WHEN, _DECIDE = "Request", "Schedule", THRESHOLDS


def _what(*names: str, **more: Any) -> Any:
    return typer.Option(*names, rich_help_panel=_WHAT, **{"show_default": False, **more})


def _when(*names: str, **more: Any) -> Any:
    return typer.Option(*names, rich_help_panel=_WHEN, **{"show_default": False, **more})


def _decide(*names: str, **more: Any) -> Any:
    return typer.Option(*names, rich_help_panel=_DECIDE, **{"show_default": False, **more})


class Connections(StrEnum):
    """Which idle connection takes the next request of an open schedule."""

    round_robin = "round-robin"
    last_used = "last-used"


@dataclass(frozen=True, slots=True)
class LoadArguments:
    scenario: Annotated[str | None, _what(
        metavar="NAME|FILE", help="A run as a YAML file, or one of poison, soak, spike, steady. Options take precedence.",
        autocompletion=completion.scenarios)] = None
    url: Annotated[str | None, _what(metavar="URL", help="Where to send requests, if not to the running lab.")] = None
    method: Annotated[str | None, _what("--method", "-X", metavar="NAME", help="HTTP method.", show_default="POST")] = None
    header: Annotated[list[str] | None, _what("--header", "-H", metavar="'NAME: VALUE'", help="A header. Repeatable.")] = None
    body: Annotated[str | None, _what(metavar="TEXT", help="Request body, or @FILE.", show_default="an example, as JSON")] = None
    body_file: Annotated[Path | None, _what(
        metavar="FILE", help="Bodies to cycle through: the lines of a .jsonl or .ndjson file, or one whole file.")] = None
    insecure: Annotated[bool | None, _what("--insecure", "-k", help="Skip TLS verification.")] = None
    cert: Annotated[Path | None, _what(metavar="FILE", help="Client certificate (PEM).")] = None
    key: Annotated[Path | None, _what(metavar="FILE", help="Private key of the client certificate, if in another file.")] = None
    unix_socket: Annotated[str | None, _what(
        metavar="PATH", help="Connect to this Unix socket instead of the URL's host.")] = None
    timeout: Annotated[str | None, _what(metavar="TIME", help="Timeout of one request.", show_default="10s")] = None

    requests: Annotated[int | None, _when(
        "--requests", "-n", min=1, metavar="N", help="Number of requests.", show_default="500")] = None
    duration: Annotated[str | None, _when("--duration", "-d", metavar="TIME", help="Length of the run, such as 30s.")] = None
    concurrency: Annotated[int | None, _when(
        "--concurrency", "-c", min=1, max=10000, metavar="N", help="Workers, one connection each.", show_default="10")] = None
    connections: Annotated[Connections | None, _when(
        metavar="NAME", help="Which idle connection sends next: round-robin takes all in turn, so that each is idle for long at "
                             "a low rate; last-used takes the one used last, as the connection pool of a client does.",
        show_default="round-robin")] = None
    rate: Annotated[float | None, _when(
        min=0, metavar="N", help="Requests per second of each worker; 0: no pause between them.", show_default="0")] = None
    rps: Annotated[float | None, _when(min=0.001, metavar="N", help="Requests per second of all workers together.")] = None
    ramp: Annotated[str | None, _when(metavar="FROM:TO:TIME", help="Linear ramp of the total rate, such as 10:200:30s.")] = None
    stages: Annotated[str | None, _when(
        metavar="TIME:RPS,…", help="Ramps of the total rate, one after the other, from 0 or --rps: 30s:100,1m:100,10s:0.")] = None
    replay: Annotated[Path | None, _when(metavar="FILE", help="Send at the offsets in seconds that a CSV file lists.")] = None
    poisson: Annotated[bool | None, _when("--poisson", help="Poisson arrivals, at the same average rate.")] = None
    burst: Annotated[int | None, _when(
        min=1, metavar="N", help="Requests per burst, at the same average rate.", show_default="1")] = None
    seed: Annotated[int | None, _when(min=0, metavar="N", help="Random seed for --poisson.", show_default="0")] = None
    warm_up: Annotated[str | None, _when(metavar="TIME", help="Exclude the first part of the run from the figures.")] = None
    processes: Annotated[int | None, _when(
        min=1, max=64, metavar="N", help="Number of generator processes, to use more cores.", show_default="1")] = None

    slo: Annotated[str | None, _decide(
        metavar="THRESHOLDS", help="Such as 'p99<200ms,errors<1%,lost<0.1%'; exit 6 when one is missed.")] = None
    abort_on_slo: Annotated[bool | None, _decide("--abort-on-slo", help="Stop once a threshold is certain to be missed.")] = None

    def options(self) -> "RunOptions":
        """With what the scenario says of the rest. Raises UsageError."""
        from labctl.errors import UsageError, again
        from labctl.load.plan import flag_readers, scenario, thresholds
        from labctl.load.plan.run_options import RunOptions

        typed = RunOptions(
            url=self.url, requests=flag_readers.whole("--requests", self.requests, 10**9),
            duration_s=flag_readers.seconds("--duration", self.duration),
            concurrency=self.concurrency, rate=flag_readers.rate("--rate", self.rate) or None,
            rps=None if self.stages else flag_readers.rate("--rps", self.rps),
            closed=self.rate == 0 or None, stages=self._stages(),
            offsets=flag_readers.offsets(self.replay) if self.replay is not None else None,
            arrivals="poisson" if self.poisson else None,
            burst=flag_readers.whole("--burst", self.burst, 10**6), seed=self.seed,
            warmup_s=flag_readers.seconds("--warm-up", self.warm_up, 0.0),
            timeout_s=flag_readers.seconds("--timeout", self.timeout),
            method=None if self.body_file else flag_readers.method(self.method),
            headers=flag_readers.headers(self.header or []), body=flag_readers.body(self.body), pool=self._pool(),
            insecure=self.insecure, cert=_path(self.cert), key=_path(self.key),
            connections=self.connections.value if self.connections else None, unix=self.unix_socket, processes=self.processes,
            slo=thresholds.parse(self.slo) if self.slo is not None else None, abort=self.abort_on_slo,
        )
        options = typed if self.scenario is None else typed.over(scenario.load(self.scenario))
        if options.abort and not options.slo:
            raise UsageError("--abort-on-slo needs thresholds", hint=f"{again()} --slo 'p99<200ms,errors<1%'")
        return options

    def search_options(self, other: "Mapping[str, object]") -> "RunOptions":
        """For --find-max: of a scenario, what is sent and the thresholds count; the search replaces its rates and its length.

        `other` options have no meaning there. Raises UsageError for those that were typed.
        """
        from dataclasses import replace

        from labctl.errors import UsageError
        from labctl.load.plan import flag_readers

        if typed := [flag for flag, value in {**other, "--abort-on-slo": self.abort_on_slo}.items() if value is not None]:
            raise UsageError(
                f"--find-max has no use for {', '.join(typed)}",
                advice="use them in a run at the rate that is found",
            )
        if self.paced():
            raise UsageError("--find-max chooses the rates itself", advice="without the options for rates and requests")
        return replace(
            self.options(), duration_s=flag_readers.seconds("--duration", self.duration),
            warmup_s=flag_readers.seconds("--warm-up", self.warm_up, 0.0),
        )

    def paced(self) -> bool:
        """Whether it was typed how many requests are sent, or how often."""
        return any(one is not None for one in (self.requests, self.rate, self.rps, self.ramp, self.stages, self.replay))

    def _stages(self) -> "Sequence[Stage] | None":
        from labctl.errors import UsageError
        from labctl.load.plan import flag_readers

        if self.stages is not None and self.ramp is not None:
            raise UsageError("--ramp and --stages exclude each other", advice="--stages can say both: 0s:10,30s:100")
        if self.ramp is not None:
            return flag_readers.ramp(self.ramp)
        return flag_readers.stages(self.stages, flag_readers.rate("--rps", self.rps) or 0.0) if self.stages is not None else None

    def _pool(self) -> "Sequence[Request] | None":
        from labctl.load.plan import flag_readers
        from labctl.load.plan.load_plan import Request

        if self.body_file is None:
            return None
        json: Mapping[str, str] = Request("").headers
        return flag_readers.pool(self.body_file, flag_readers.method(self.method) or "POST", json)


def _path(path: Path | None) -> str | None:
    return None if path is None else str(path.absolute())


def with_load_arguments(command: Callable[..., None]) -> Callable[..., None]:
    """A command that takes an LoadArguments as one that has its fields as options."""
    hints = get_type_hints(command, include_extras=True)
    own = [one.replace(annotation=hints[one.name]) for one in inspect.signature(command).parameters.values()]
    types = get_type_hints(LoadArguments, include_extras=True)
    options = [
        inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=one.default, annotation=types[one.name])
        for one in fields(LoadArguments)
    ]

    @functools.wraps(command)
    def wrapped(*given: Any, **typed: Any) -> None:
        typed_ = LoadArguments(**{option.name: typed.pop(option.name) for option in options})
        command(*given, arguments=typed_, **typed)

    first, *rest = (one for one in own if one.annotation is not LoadArguments)
    parameters = [first, *options, *(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in rest)]
    wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {one.name: one.annotation for one in parameters}
    return wrapped
