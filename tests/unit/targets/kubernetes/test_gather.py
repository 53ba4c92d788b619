"""What is gathered of a lab in a cluster while it changes."""

from typing import Any

import pytest

from labctl.host.readings import Readings
from labctl.host.waiting import Deadline
from labctl.targets.kubernetes import gather


@pytest.mark.parametrize("present", ["", "unable to retrieve container logs for containerd://f13de4aa607169466c6d6f4b42683afb"])
def test_the_log_of_a_container_that_was_started_again_meanwhile_is_its_previous_runs(present: str) -> None:
    class Kube:
        def text(self, where: str, query: dict[str, str]) -> str:
            return "2026-01-01T00:00:00Z no model today\n" if query["previous"] == "true" else present

    pod: dict[str, Any] = {
        "metadata": {"name": "p", "namespace": "n", "labels": {}},
        "status": {"containerStatuses": [{"name": "app", "containerID": "1", "restartCount": 0,
                                          "state": {"terminated": {"exitCode": 1}}}]},
        "spec": {"containers": [{"name": "app"}]},
    }
    logs = gather._begin_logs(Readings(Deadline.after(20)), Kube(), [pod], 6)  # type: ignore[arg-type]
    assert gather._taken(logs, previous=False) == {"p": []}
    assert [line.text for line in gather._taken(logs, previous=True)["p"]] == ["no model today"]
