"""The service against its own OpenAPI description, by schemathesis: wrong input, and the status, type and shape of answers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.service.conftest import Service

pytestmark = pytest.mark.slow

EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "20")       # for each operation; make soak asks a million
SEED = os.environ.get("SCHEMATHESIS_SEED", "1")


def test_answers_are_as_described(service: Service, tmp_path: Path) -> None:
    program = Path(sys.executable).parent / "schemathesis"
    config = Path(__file__).with_name("schemathesis.toml")
    run = subprocess.run(
        [program, "--config-file", config, "--no-color", "run", f"http://127.0.0.1:{service.port}/openapi.json", "--seed", SEED,
         "--max-examples", EXAMPLES, "--checks", "all", "--continue-on-failure"],
        cwd=tmp_path, env={**os.environ, "SCHEMATHESIS_HOOKS": ""}, capture_output=True, text=True, timeout=100, check=False)
    print(run.stdout)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "4 selected / 4 total" in run.stdout


def test_errors_are_described_too(service: Service) -> None:
    schema = service.ask("GET", "/openapi.json")[1]
    for operations in schema["paths"].values():
        for operation in operations.values():
            media_types = {status: set(answer["content"]) for status, answer in operation["responses"].items()}
            assert all(types == {"application/problem+json"} for status, types in media_types.items() if status.startswith("4"))
    assert schema["paths"]["/predict/batch"]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"][
        "rows"]["maxItems"] == 4
