"""A wrong value is one line that names the variable, the value and what is allowed."""

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from service import settings
from service.model import FailingSpan, SlowSpan
from service.values import SettingError
from tests.unit.service.conftest import ROOT

WRONG = {
    "APP_ENV": "two words", "OTEL_SERVICE_NAME": "a/b",
    "DEFAULT_LATENCY_MS": "-1", "LATENCY_JITTER": "120%", "MAX_BATCH_SIZE": "1.5", "MODEL_WORK": "gpu",
    "SLOW_SPAN": "nothing:1%:1ms", "FAILING_SPAN": "model_inference:101%",
    "PORT": "65536", "DRAIN_MS": "soon", "FLUSH_TIMEOUT_MS": "nan",
    "RECEIVE_TIMEOUT_MS": "0", "SHUTDOWN_GRACE_MS": "inf",
}


def test_the_defaults_are_those_of_the_example_file() -> None:
    from dotenv import dotenv_values

    commented_out = re.sub(r"^# (?=[A-Z_]+=)", "", (ROOT / ".env.example").read_text(), flags=re.MULTILINE)
    example = {name: value or "" for name, value in dotenv_values(stream=StringIO(commented_out)).items()}
    assert example.keys() >= {"DRAIN_MS", "FAILING_SPAN", "OTEL_SERVICE_NAME"}
    assert settings.load(example) == settings.load({})


def test_an_empty_value_counts_as_unset() -> None:
    assert settings.load({"PORT": "", "SLOW_SPAN": " "}) == settings.load({})


@pytest.mark.parametrize(("name", "value"), WRONG.items())
def test_a_wrong_value_names_itself(name: str, value: str) -> None:
    with pytest.raises(SettingError) as raised:
        settings.load({name: value})
    assert f"{name}={value!r}" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("text", "share"), [("20%", 0.2), ("0.2", 0.2), ("0", 0.0), ("100%", 1.0)])
def test_a_share_is_a_percentage_or_a_fraction(text: str, share: float) -> None:
    assert settings.load({"LATENCY_JITTER": text}).latency_jitter == pytest.approx(share)


def test_a_slow_span_has_a_step_a_share_and_a_time() -> None:
    assert settings.load({"SLOW_SPAN": "format_response:1%:400ms"}).slow_span == SlowSpan("format_response", 0.01, 0.4)
    assert settings.load({"SLOW_SPAN": "model_inference:0.5%:1.5s"}).slow_span == SlowSpan("model_inference", 0.005, 1.5)


@pytest.mark.parametrize("text", ["format_response", "format_response:1:400ms", "format_response:101%:1ms",
                                  "format_response:1%:400", "format_response:1%:61s", "a:1%:1ms"])
def test_anything_else_is_no_slow_span(text: str) -> None:
    with pytest.raises(SettingError, match="SLOW_SPAN"):
        settings.load({"SLOW_SPAN": text})


def test_a_failing_span_has_a_step_and_a_share() -> None:
    assert settings.load({"FAILING_SPAN": "model_inference:2.5%"}).failing_span == FailingSpan("model_inference", 0.025)
    with pytest.raises(SettingError, match="FAILING_SPAN='model_inference:5%:400ms' cannot be used"):
        settings.load({"FAILING_SPAN": "model_inference:5%:400ms"})


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("APP_ENV=file\nPORT=1234\nSLOW_SPAN=\n")
    environ = {"PORT": "4321"}
    settings.read_dotenv(environ, tmp_path / ".env")
    assert environ == {"APP_ENV": "file", "PORT": "4321"}


@pytest.mark.parametrize("content", [b"APP_ENV=caf\xe9\n", b"\xff\xfeA\x00=\x00"])
def test_a_file_that_is_no_text_in_utf_8_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".env").write_bytes(content)
    with pytest.raises(SettingError, match=r"\.env cannot be read") as raised:
        settings.read_dotenv({}, tmp_path / ".env")
    assert "\n" not in str(raised.value)


def test_the_process_ends_with_one_line_and_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MODEL_WORK=gpu\n")
    environ = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'service' / '_entry'}", "OTEL_PYTHON_DISTRO": "lab",
                            "OTEL_PYTHON_CONFIGURATOR": "lab"}
    command = [str(Path(sys.executable).parent / "opentelemetry-instrument"), sys.executable, "-m", "service"]
    ended = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 2
    assert ended.stderr == "service: MODEL_WORK='gpu' cannot be used: sleep or cpu\n"
