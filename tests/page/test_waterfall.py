"""The waterfall: what is selected is seen and announced, the address has what is shown, the minimap takes its own alone."""

from collections.abc import Iterator

import pytest

from tests.browser import Page
from tests.page.conftest import Shown

DETAIL = "document.querySelector('.detail h2')?.textContent"
SAID = "document.querySelector('.unseen[role=status]').textContent"
FIELD = "document.querySelector('main input[type=search]')"
# Chromium drops what is more than 200 changes of the address in 10 s, and complains
HELD = """for (let pressed = 0; pressed < {}; pressed += 1) {{
    document.body.dispatchEvent(new KeyboardEvent("keydown", {{ key: "jk"[pressed % 2], bubbles: true }}));
}}"""


@pytest.fixture
def trace(page: Page, shown: Shown) -> Iterator[str]:
    """The address of the slowest, which is shown; its span format_response is the slowest of it."""
    url = shown.url(f"trace/{max(shown.durations, key=lambda one: shown.durations[one])}")
    page.visit(url)
    yield url
    assert page.complaints == []


def test_what_is_collapsed_opens_where_something_in_it_is_selected(page: Page, trace: str) -> None:
    page.press("h", "j")
    assert page.value(SAID).endswith("level 1, 1 of 1")
    page.until("location.hash.includes('closed=')")
    closed = page.value("location.href")
    page.press("s")
    page.until(f"{DETAIL} === 'format_response' && !location.hash.includes('closed=')")
    page.press("k")
    page.until(f"{DETAIL} === 'model_inference'")
    assert page.value(SAID).startswith("model_inference, ai-inference-service, ")
    page.visit(closed)
    page.press("j")
    assert page.value(SAID).endswith("1 of 1")
    page.value(f"{FIELD}.value = 'format'; {FIELD}.dispatchEvent(new Event('input')); {FIELD}.form.requestSubmit()")
    page.until(f"{DETAIL} === 'format_response'")


def test_another_address_of_the_same_trace_is_shown(page: Page, trace: str) -> None:
    page.value("location.hash += '?from=1000000&to=5000000&find=format'")
    page.until(f"{FIELD}.value === 'format' && document.querySelector('form').textContent.includes('1 span')")
    page.value("history.back()")
    page.until(f"{FIELD}.value === '' && !document.querySelector('form').textContent.includes('1 span')")


def test_escape_stays_in_the_page(page: Page, trace: str) -> None:
    page.press("Escape")
    page.until("location.hash === '#/traces' && document.documentElement.dataset.drawn === 'traces/'")


def test_a_pointer_that_was_pressed_elsewhere_or_with_another_button_zooms_nothing(page: Page, trace: str) -> None:
    page.value("location.hash += '?from=1000000&to=5000000'")
    map_ = page.value("document.querySelector('main .chart').getBoundingClientRect().toJSON()")
    x, y = map_["x"] + map_["width"] / 2, map_["y"] + map_["height"] / 2
    page.drag((x, map_["y"] - 20), (x, y))
    for kind in ("mousePressed", "mouseMoved", "mouseReleased"):
        page.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="right", clickCount=1)
        x += 50
    page.value(f"{FIELD}.value = 'model'; {FIELD}.dispatchEvent(new Event('input'))")
    page.until("location.hash.includes('find=model')")
    assert "from=1000000&to=5000000" in page.value("location.hash")


def test_a_key_that_is_held_down_leaves_the_address_of_the_last_span(page: Page, trace: str) -> None:
    page.value(HELD.format(250))
    page.press("j", "j")
    page.until(f"{DETAIL} === 'model_inference'")
    shown_id = "/span id\\s+([0-9a-f]{16})/.exec(document.querySelector('.detail').innerText)[1]"
    page.until(f"location.hash.includes('span=' + {shown_id})")
    assert page.complaints == []


def test_a_key_that_was_held_down_before_another_view_keeps_the_span_in_the_history(page: Page, trace: str) -> None:
    page.value(HELD.format(249))
    second = page.value(SAID)
    page.press("L")
    page.until("document.documentElement.dataset.drawn === 'logs/'")
    page.value("history.back()")
    page.until("document.documentElement.dataset.drawn.startsWith('trace/')")
    page.press("j")
    assert second.endswith("2 of 4")
    assert page.value(SAID).endswith("3 of 4")


def test_of_an_address_that_is_no_trace_it_is_said(page: Page, shown: Shown) -> None:
    for wrong in ("trace", "trace/latest", "trace/%E2%80%AE"):
        page.visit(shown.url(wrong))
        assert page.value("document.querySelector('main').innerText").startswith("There is no such trace")
        assert page.complaints == []        # nothing is asked for
