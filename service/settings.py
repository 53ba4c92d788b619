"""The service's settings, read from the environment and `.env` when it starts.

The environment wins over `.env`; an empty value counts as unset.
"""

import os
import re
import sys
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast, get_args

from service import otel_variables
from service.model import FailingSpan, SlowSpan, Work
from service.values import SettingError, between, one_of, unusable, whole

SERVICE_NAME = "ai-inference-service"

_STEPS = "the steps are validate_input, model_inference and format_response"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    app_env: str
    service_name: str
    otlp_endpoint: str               # where spans go, with its scheme
    spans_wanted: bool               # false where a variable turns tracing off
    latency_ms: float                # 0 to 60 000
    latency_jitter: float            # a share: 0.2 is ±20 %
    max_batch_size: int
    model_work: Work
    slow_span: SlowSpan | None
    failing_span: FailingSpan | None
    host: str
    port: int                        # 0: any free port
    receive_timeout_s: float         # for a whole request, header and body
    drain_s: float                   # how long /ready answers 503 before the port closes
    grace_s: float                   # for requests that still run after that
    flush_timeout_s: float           # for all telemetry together, at the end


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Raises SettingError for the first value that is wrong."""
    source = os.environ if environ is None else environ

    def get(name: str, default: str, parse: Callable[[str], T], allowed: str) -> T:
        text = source.get(name, "").strip() or default
        try:
            return parse(text)
        except ValueError:
            raise unusable(name, text, allowed) from None

    otel_variables.check(source)
    return Settings(
        app_env=get("APP_ENV", "local", _label, "letters, digits, '.', '_' and '-', at most 63"),
        service_name=get("OTEL_SERVICE_NAME", SERVICE_NAME, _label, "letters, digits, '.', '_' and '-'"),
        otlp_endpoint=otel_variables.otlp(source, "TRACES", "ENDPOINT", otel_variables.ENDPOINT)[1],
        spans_wanted=otel_variables.spans_wanted(source),
        latency_ms=get("DEFAULT_LATENCY_MS", "100", between(0, 60_000), "a number from 0 to 60000"),
        latency_jitter=get("LATENCY_JITTER", "20%", _share, "a share from 0% to 100%, or 0 to 1"),
        max_batch_size=get("MAX_BATCH_SIZE", "32", whole(1, 1024), "a whole number from 1 to 1024"),
        model_work=get("MODEL_WORK", "sleep", _work, "sleep or cpu"),
        slow_span=get("SLOW_SPAN", "off", _slow, f"STEP:SHARE%:TIME such as format_response:1%:400ms, or off; {_STEPS}"),
        failing_span=get("FAILING_SPAN", "off", _failing, f"STEP:SHARE% such as model_inference:5%, or off; {_STEPS}"),
        host=get("HOST", "127.0.0.1", str, "an address"),
        port=get("PORT", "9000", whole(0, 65535), "a port from 0 to 65535"),
        receive_timeout_s=get("RECEIVE_TIMEOUT_MS", "5000", _seconds(100, 600_000), "milliseconds from 100 to 600000"),
        drain_s=get("DRAIN_MS", "0", _seconds(0, 600_000), "milliseconds from 0 to 600000"),
        grace_s=get("SHUTDOWN_GRACE_MS", "10000", _seconds(0, 600_000), "milliseconds from 0 to 600000"),
        flush_timeout_s=get("FLUSH_TIMEOUT_MS", "5000", _seconds(0, 30_000), "milliseconds from 0 to 30000"),
    )


def load_or_exit() -> Settings:
    """The settings of this process; a wrong value is one line on stderr and exit code 2."""
    try:
        read_dotenv(os.environ)
        return load()
    except SettingError as error:
        sys.stderr.write(f"service: {error}\n")
        raise SystemExit(2) from None


def read_dotenv(environ: MutableMapping[str, str], path: Path = Path(".env")) -> None:
    """Add the variables of the file `path`, if it exists, to `environ`; existing ones stay. Raises SettingError."""
    if not path.is_file():
        return
    from dotenv import dotenv_values  # only where there is such a file

    try:
        for name, value in dotenv_values(path).items():
            if value:
                environ.setdefault(name, value)
    except (OSError, ValueError) as error:
        raise SettingError(f"{path} cannot be read, a text file in UTF-8 is needed: {error}") from None


def _seconds(low: int, high: int) -> Callable[[str], float]:
    milliseconds = between(low, high)
    return lambda text: milliseconds(text) / 1000


def _share(text: str) -> float:
    value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    return between(0, 1)(str(value))


def _label(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,63}", text):
        raise ValueError(text)
    return text


def _work(text: str) -> Work:
    return cast("Work", one_of(*get_args(Work))(text))


def _slow(text: str) -> SlowSpan | None:
    return None if text == "off" else SlowSpan.parse(text)


def _failing(text: str) -> FailingSpan | None:
    return None if text == "off" else FailingSpan.parse(text)


if __name__ == "__main__":
    load_or_exit()                   # `python -m service.settings` says whether the service could start with them
