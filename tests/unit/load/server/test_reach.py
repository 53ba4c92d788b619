"""The proof that somebody listens."""

import pytest

from labctl.errors import LabError
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.server.reach import reach


def test_a_name_that_does_not_exist() -> None:
    with pytest.raises(LabError, match="looked up"):
        reach(LoadPlan("http://no-such-host.invalid:1/"))
