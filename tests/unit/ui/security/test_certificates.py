"""The table of certificates keeps each name whole at 80 columns."""

from datetime import UTC, datetime, timedelta

from labctl.credentials.listing import Listed
from labctl.ui.security.certificates import render
from tests.unit.ui.conftest import Draw

NAMES = ("otel-collector", "otel-collector.ai-ml-lab-2-2", "otel-collector.ai-ml-lab-2-2.svc.cluster.local", "127.0.0.1")


def drawn(draw: Draw, left: timedelta) -> str:
    now = datetime.now(UTC)
    return draw(render([Listed("collector", "s", "i", NAMES, now, now + left + timedelta(minutes=1), "1", "/p")]), 80)


def test_no_name_is_broken(draw: Draw) -> None:
    text = drawn(draw, timedelta(days=29))
    assert [name for name in NAMES if name not in text] == []
    assert " 29 d " in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_last_day_is_counted_in_hours(draw: Draw) -> None:
    assert " 5 h " in drawn(draw, timedelta(hours=5))
