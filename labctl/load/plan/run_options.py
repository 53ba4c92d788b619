"""A run's options as given by flags or a scenario, before the lab is looked up; None: not given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from labctl.load.plan.load_plan import Request
from labctl.load.plan.stages import Stage
from labctl.load.plan.thresholds import Threshold

_PACE = ("rate", "rps", "stages", "offsets", "closed")
_END = ("requests", "duration_s")
_SHAPE = ("arrivals", "burst")
_SHAPELESS = {"closed", "offsets"}      # paces that leave no choice of arrivals or bursts


@dataclass(frozen=True, slots=True)
class RunOptions:
    """`rate` is per worker, `rps` in total; with none of the paces, or with `closed`, a closed loop."""

    url: str | None = None
    requests: int | None = None
    duration_s: float | None = None
    concurrency: int | None = None
    rate: float | None = None
    rps: float | None = None
    closed: bool | None = None
    stages: Sequence[Stage] | None = None
    offsets: Sequence[float] | None = None
    arrivals: str | None = None
    burst: int | None = None
    seed: int | None = None
    warmup_s: float | None = None
    timeout_s: float | None = None
    method: str | None = None
    headers: Mapping[str, str] | None = None
    body: bytes | None = None
    pool: Sequence[Request] | None = None
    insecure: bool | None = None
    cert: str | None = None
    key: str | None = None
    connections: str | None = None
    unix: str | None = None
    processes: int | None = None
    slo: Sequence[Threshold] | None = None
    abort: bool | None = None

    def over(self, base: "RunOptions") -> "RunOptions":
        """These options, and those of `base` where not given. A pace here replaces the whole pace of `base`, an end its end."""
        own = {field.name: value for field in fields(self) if (value := getattr(self, field.name)) is not None}
        replaced = {
            *(_PACE if own.keys() & set(_PACE) else ()), *(_SHAPE if own.keys() & _SHAPELESS else ()),
            *(_END if own.keys() & {*_END, "stages", "offsets"} else ()),
        }
        return replace(base, **{**dict.fromkeys(replaced), **own})
