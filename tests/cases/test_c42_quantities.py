"""C42: `labctl top` of memory limits such as `256M`, `1Ti`, `500k`: every form of a Kubernetes quantity."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labctl.quantity import quantity


@pytest.mark.parametrize(("text", "value"), [
    ("256M", 256e6), ("1Ti", 2.0 ** 40), ("500k", 500e3), ("500m", 0.5), ("2", 2.0),
    ("256Mi", 256 * 2.0 ** 20), ("1Gi", 2.0 ** 30),
    ("1Ei", 2.0 ** 60), ("1E", 1e18), ("1e3", 1000.0), ("1.5E2", 150.0), ("12e-3", 0.012), ("100n", 1e-7), ("3u", 3e-6),
    (".5", 0.5),
    ("1.", 1.0), ("+2Ki", 2048.0), ("-1", -1.0), (1, 1.0), (0.5, 0.5), (None, None),
])
def test_every_form_is_read(text: float | str | None, value: float | None) -> None:
    assert quantity(text) == (value if value is None else pytest.approx(value, rel=1e-12))


@pytest.mark.parametrize("text", ["", "much", "1KB", "1 Gi", "0x10", "1ki", "--1", "NaN", "e3", "1e"])
def test_what_is_none_is_unknown(text: str) -> None:
    assert quantity(text) is None


@settings(deadline=None)
@given(st.text())
def test_no_text_is_an_error(text: Any) -> None:
    assert quantity(text) is None or isinstance(quantity(text), float)
