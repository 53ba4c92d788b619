"""What the components used during a load run: CPU and memory, sampled every second or two."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from labctl.cost.measured.volume import Volume, volume


@dataclass(frozen=True, slots=True)
class ComponentUse:
    component: str
    cpu: Sequence[float]                # cores, of each sample
    memory: int                         # bytes, at its peak
    throttled: float | None = None      # the most, as a share of the scheduler's periods; None: unknown


@dataclass(frozen=True, slots=True)
class LabUse:
    """What a run took of the lab; a part that was not measured is None or empty."""

    volume: Volume | None = None
    usage: Sequence[ComponentUse] = ()

    def as_json(self) -> dict[str, Any]:
        """As in `labctl load -o json` and in a kept run's file."""
        return {"telemetry": self.volume.as_json() if self.volume else None, "usage": [asdict(one) for one in self.usage]}


NOT_MEASURED: Final = LabUse()


def lab_use(value: Mapping[str, Any]) -> LabUse:
    """From its JSON. Raises KeyError, TypeError or AttributeError for a value that is none."""
    telemetry = value["telemetry"]
    return LabUse(volume(telemetry) if telemetry else None, [ComponentUse(**one) for one in value["usage"]])
