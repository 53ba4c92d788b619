"""What a failed run asks its reader to do."""

from dataclasses import replace

import pytest

from labctl.errors import Missed
from labctl.load.judge.verdicts import Verdict
from labctl.load.ledger.ledger import Ledger
from labctl.load.result import RunResult
from tests.unit.load.judge.test_verdicts import SUMMARY

LEDGER = Ledger(10, 0, 10, 50, 50, 0, ())


@pytest.mark.parametrize(("errors", "advice"), [
    ({"http 404": 19, "timeout": 1}, "is the path of http://x/nope right?"), ({"http 404": 1, "http 500": 19}, ""),
])
def test_a_wrong_path_is_asked_about(errors: dict[str, int], advice: str) -> None:
    summary = replace(SUMMARY, url="http://x/nope", successful=0, failed=20, errors=errors)
    with pytest.raises(Missed, match="20 of 20 requests failed") as error:
        RunResult(summary, None, (), None).check()
    assert error.value.advice == advice


def test_a_run_against_the_lab_leads_to_its_explanation() -> None:
    missed = Verdict("p99 < 200 ms", "500 ms", 500.0, met=False)
    with pytest.raises(Missed) as error:
        RunResult(SUMMARY, None, (missed,), LEDGER).check()
    assert error.value.hint == "labctl why last"
    with pytest.raises(Missed) as error:
        RunResult(SUMMARY, None, (missed,), None).check()
    assert error.value.hint == ""
    for errors, hint in (({"http 503": 20}, "labctl why last"), ({"connection refused": 20}, "labctl why")):
        with pytest.raises(Missed) as error:
            RunResult(replace(SUMMARY, successful=0, failed=20, errors=errors), None, (), LEDGER).check()
        assert error.value.hint == hint
