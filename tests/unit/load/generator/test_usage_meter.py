"""What the generator measures of itself and of the machine."""

import sys
import time

import pytest

from labctl.load.generator.usage_meter import UsageMeter
from labctl.load.measure.counts import GeneratorUsage

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how busy it is")


def measured(work_s: float) -> GeneratorUsage:
    meter, usage = UsageMeter(), GeneratorUsage()
    meter.begin()
    end = time.process_time() + work_s
    while time.process_time() < end:
        pass
    meter.measure(usage)
    return usage


@LINUX
def test_its_share_of_the_machine_is_part_of_what_was_busy() -> None:
    usage = measured(0.5)
    assert usage.cpu_s >= 0.5
    assert 0 < usage.machine_share <= usage.machine_busy + 0.1
    assert usage.machine_busy <= 1.01
    assert usage.machine_share <= usage.cpu_share


def test_a_system_that_does_not_say_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr("labctl.load.generator.usage_meter.Path.read_text", missing)
    usage = measured(0.01)
    assert (usage.machine_busy, usage.machine_share) == (0.0, 0.0)
    assert usage.rss > 0
