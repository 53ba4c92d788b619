"""What a failed run asks its reader to do."""

from dataclasses import replace

import pytest

from labctl.errors import Missed
from labctl.load.result import RunResult
from tests.unit.load.judge.test_verdicts import SUMMARY


@pytest.mark.parametrize(("errors", "hint"), [
    ({"http 404": 19, "timeout": 1}, "another path: is that of http://x/nope right?"), ({"http 404": 1, "http 500": 19}, ""),
])
def test_a_wrong_path_is_asked_about(errors: dict[str, int], hint: str) -> None:
    summary = replace(SUMMARY, url="http://x/nope", successful=0, failed=20, errors=errors)
    with pytest.raises(Missed, match="20 of 20 requests failed") as error:
        RunResult(summary, None, (), None).check()
    assert error.value.hint == hint
