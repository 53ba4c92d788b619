"""What --slo takes."""

import pytest

from labctl.errors import UsageError
from labctl.load.plan.thresholds import EXAMPLE, parse


@pytest.mark.parametrize(("wrong", "complaint"), [
    ("", "'' is not a threshold"), (",", "',' is not a threshold"), ("p99", "'p99' is not a threshold"),
    ("p99<200", "needs a unit"),
    ("p99<5%", "needs a unit"), ("p98<2ms", "unknown figure p98"), ("errors<1ms", "errors goes with no unit or %"),
    ("rate>1s", "rate goes with no unit or /s or %"), ("p99<-1ms", "is not a threshold"), ("p99=1ms", "is not a threshold"),
    ("p50<1ms;p99<2ms", "is not a threshold"), ("errors<1%/s", "is not a threshold"),
])
def test_what_makes_no_sense_is_named(wrong: str, complaint: str) -> None:
    with pytest.raises(UsageError) as error:
        parse(wrong)
    assert complaint in error.value.message
    assert EXAMPLE in error.value.advice
