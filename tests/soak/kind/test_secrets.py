"""A secret setting that changes, and one that is taken back."""

import pytest

from tests.driver import Driver
from tests.e2e.kind.test_replacement import kubectl
from tests.planted import SETTINGS

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
NAME = "OTEL_EXPORTER_OTLP_LOGS_HEADERS"


def test_a_changed_secret_reaches_the_service_in_kind(kind_lab: Driver) -> None:
    """A pod does not notice by itself that a Secret is another."""
    before = kind_lab.settings
    try:
        kind_lab.settings = {**before, NAME: "cookie=another"}
        kind_lab.run("up", timeout=120)
        said = kind_lab.run("exec", "service", "--", "python", "-c", f"import os; print(os.environ['{NAME}'])")
        assert said.stdout.strip() == "cookie=another"
        kind_lab.settings = {name: text for name, text in before.items() if name not in SETTINGS}
        kind_lab.run("up", timeout=120)
        assert "Opaque" not in kubectl(kind_lab, "get", "secrets")
    finally:
        kind_lab.settings = before
        kind_lab.run("up", timeout=120)
