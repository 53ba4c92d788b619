"""Telemetry that means harm is text: nothing of it runs, the policy has nothing to report, and the page stays usable."""

import pytest

from tests.browser import Page
from tests.page.conftest import Shown
from tests.page.telemetry import DEEP, SCRIPTS

WHAT = (*(f"script {number}" for number in range(len(SCRIPTS))), "deep", "circle", "orphans")


def unharmed(page: Page) -> None:
    assert page.value("globalThis.harmed") is None
    markup = "main img, main svg, main script, main iframe, [onerror], [onload]"
    assert page.value(f"document.querySelectorAll('{markup}').length") == 0
    assert page.value("[...document.querySelectorAll('a')].every((one) => one.protocol === 'http:')")
    assert page.complaints == []


@pytest.mark.parametrize("view", [
    "", "traces", "heatmap?minutes=5", "heatmap?minutes=5&from=1&to=9000000000000&low=60000000",
    "traces?query=status%3Derror", "logs", "metrics", "runs",
])
def test_a_view_shows_it_as_text(page: Page, attacked: Shown, view: str) -> None:
    page.visit(attacked.url(view))
    page.until("document.querySelector('lab-status').textContent.includes('refused')")
    unharmed(page)
    assert page.value("[...document.querySelectorAll('main .problem')].map((one) => one.textContent).join('')") == ""
    assert "NaN" not in page.value("document.querySelector('main').innerText")
    if view in {"", "traces", "logs", "metrics"}:
        assert SCRIPTS[0] in page.value("document.querySelector('main').innerText")


@pytest.mark.parametrize("what", WHAT)
def test_a_trace_shows_it_as_text(page: Page, attacked: Shown, what: str) -> None:
    page.visit(attacked.url(f"trace/{attacked.hostile[what]}"))
    page.until("document.querySelector('.detail dl') !== null")
    page.press("j", "j", "l", "h", "s", "n")
    unharmed(page)
    if what in {"deep", "circle", "orphans"}:
        assert f"{DEEP:,}".replace(",", "\u202f") in page.value("document.querySelector('main').innerText")


def test_a_word_in_the_address_is_text_too(page: Page, attacked: Shown) -> None:
    fragments = ("<img src=x onerror=harmed=1>", "trace/<b>", "traces?query=<script>", "heatmap?begin=1e99&low=-1", "%E0%A4%A")
    for fragment in fragments:
        page.call("Page.navigate", url="about:blank")
        page.complaints = []
        page.call("Page.navigate", url=attacked.url(fragment))
        page.until("document.querySelector('main')?.textContent.length > 5")
        assert page.value("globalThis.harmed") is None
        assert page.value("document.querySelectorAll('main img, main b').length") == 0


@pytest.mark.parametrize("view", ["metrics?end=1e99", "metrics?end=x", "heatmap?slo=Infinity", "heatmap?slo=1e300",
                                  "heatmap?from=1&to=1e14&low=x", "heatmap?begin=1&end=1e14", "heatmap?from=NaN&to=2&high=-1",
                                  "constructor", "__proto__"])
def test_nonsense_in_the_address_is_no_number_and_no_exception(page: Page, attacked: Shown, view: str) -> None:
    page.call("Page.navigate", url="about:blank")
    page.complaints = []
    page.call("Page.navigate", url=attacked.url(view))
    page.until("document.querySelector('main h1') !== null && document.querySelector('main').textContent.length > 20")
    said = page.value("document.querySelector('main').innerText")
    assert "NaN" not in said
    assert "function" not in said
    assert page.complaints == []


@pytest.mark.parametrize("view", ["heatmap?minutes=5&lines=constructor.__proto__.p90", "traces?sort=__proto__"])
def test_a_name_that_every_object_has_is_none_of_the_choices(page: Page, attacked: Shown, view: str) -> None:
    page.visit(attacked.url(view))
    page.until("/[1-9]\\d* requests|the latest [1-9]/.test(document.querySelector('main').innerText)")
    frames = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))).then(() => null)"
    page.call("Runtime.evaluate", expression=frames, awaitPromise=True)
    assert page.value("[...document.querySelectorAll('main .problem')].map((one) => one.textContent).join('')") == ""
    assert page.complaints == []


@pytest.mark.parametrize("view", ["traces", "trace/{script 5}"])
def test_a_name_does_not_turn_the_direction_of_what_stands_beside_it(page: Page, attacked: Shown, view: str) -> None:
    page.visit(attacked.url(view.format_map(attacked.hostile)))
    page.until("document.querySelector('main').innerText.includes('\\\\u202egnp.exe')")
    names = "[...document.querySelectorAll('main h1, main h2, main td, main option')].map((one) => one.textContent).join('')"
    assert "\u202e" not in page.value(names)
    beside = "[...document.querySelectorAll('main h1 span, main td span, main td a, main dd')]"
    assert page.value(f"{beside}.every((one) => getComputedStyle(one).unicodeBidi === 'isolate')")
    assert page.complaints == []


def test_a_text_is_not_cut_in_the_middle_of_a_character(page: Page, attacked: Shown) -> None:
    page.visit(attacked.url("metrics"))
    cut = "import('/page/kit/format.js').then(({ cut }) => [cut('ab\U0001f600cd', 3), cut('ab\U0001f600cd', 4), cut('ab', 3)])"
    found = page.call("Runtime.evaluate", expression=cut, awaitPromise=True, returnByValue=True)["result"]["value"]
    assert found == ["ab…", "ab\U0001f600…", "ab"]
