"""`labctl why RUN` of a run of four minutes in whose third all requests were slow: that minute is named first, with a trace."""

import time
from pathlib import Path

from tests.diagnosis.test_why_run import flag, lab, why
from tests.driver import Driver

__all__ = ["flag", "lab"]
MINUTE_S = 60.0


def test_slow_only_in_the_third_minute(lab: Driver, flag: Path) -> None:
    running = lab.start("load", "--rps", "40", "-c", "60", "--duration", "4m")
    time.sleep(2 * MINUTE_S)
    flag.touch()
    time.sleep(MINUTE_S)
    flag.unlink()
    running.communicate(timeout=2 * MINUTE_S)
    first = why(lab)["slow"]["differences"][0]
    assert first["sort"] == "time"
    begin, end = first["value"]
    assert abs(begin - 2 * MINUTE_S) < 5
    assert abs(end - 3 * MINUTE_S) < 5
    assert first["group_with"] > 0.95 * first["group"] > 2000
    assert lab.json("why", first["trace_id"])["difference"]["span"] == "model_inference"
