"""Why Jaeger does not have a trace, by what is known of it."""

import pytest

from labctl.addons.in_jaeger import Absence, Known, absence
from labctl.viewer_client.client import UP

ID = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize(("known", "expected"), [
    (Known(ID, None, False, 0.0), Absence.NO_SUCH_TRACE),
    (Known(ID, None, True, 0.0), Absence.SAMPLED_OUT),
    (Known(ID, 995.0, True, 0.0), Absence.NOT_YET),
    (Known(ID, 900.0, False, 950.0), Absence.RESTARTED),
    (Known(ID, 900.0, False, 800.0), Absence.EVICTED_OR_DROPPED),
    (Known(ID, 900.0, False, None), Absence.EVICTED_OR_DROPPED),
    (Known(UP + ID[16:], 900.0, False, 800.0), Absence.OF_UP),
])
def test_the_cause_is_the_first_that_fits(known: Known, expected: Absence) -> None:
    assert absence(known, now=1000.0) is expected
