"""What the components used during a load run: CPU and memory, sampled every second or two."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from labctl import numbers
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
    replicas: Sequence[tuple[float, int]] = ()      # pods of the service that are ready, from so many seconds of the run on

    def as_json(self) -> dict[str, Any]:
        """As in `labctl load -o json` and in a kept run's file."""
        return {"telemetry": self.volume.as_json() if self.volume else None, "usage": [asdict(one) for one in self.usage],
                "replicas": [list(one) for one in self.replicas]}

    def scaled(self) -> str:
        """One sentence on how the service was scaled during the run; empty where it was not."""
        (_, begun), *changes = self.replicas or [(0.0, 0)]
        said = ", ".join(f"{count} from {numbers.seconds(at)} on" for at, count in changes)
        return f"The service was scaled during the run: {numbers.plural(begun, 'ready pod')} at first, {said}." if said else ""


NOT_MEASURED: Final = LabUse()


def lab_use(value: Mapping[str, Any]) -> LabUse:
    """From its JSON. Raises KeyError, TypeError or AttributeError for a value that is none."""
    telemetry = value["telemetry"]
    return LabUse(volume(telemetry) if telemetry else None, [ComponentUse(**one) for one in value["usage"]],
                  [(float(at), int(count)) for at, count in value.get("replicas", ())])
