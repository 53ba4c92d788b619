"""The `-o json` of lessons is as docs/json.md says."""

from pathlib import Path

from tests.contract.conftest import fresh_lab
from tests.contract.test_json import printed


def test_a_lesson(tmp_path: Path) -> None:
    with fresh_lab("otelcol", tmp_path).up() as lab:
        kinds = [printed(lab, *words.split(), code=None)["kind"] for words in (
            "learn tracing", "answer validate_input", "learn --list",
        )]
    assert kinds == ["Lesson", "Answer", "Lessons"]
