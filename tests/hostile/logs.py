"""What a log says of failures inside a component."""

import re

from tests.driver import Driver

_FAILED = re.compile(r'Traceback|panic:|"exception"')


def failures(*logs: str) -> list[str]:
    """The lines."""
    return [line for log in logs for line in log.splitlines() if _FAILED.search(line)]


def failures_of_processes(lab: Driver) -> list[str]:
    """In the logs of a lab of processes."""
    logs = [path.read_text(errors="replace") for path in (lab.state / lab.name / "logs").glob("*.log*")]
    assert logs
    return failures(*logs)
