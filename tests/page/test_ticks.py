"""Axes: their ticks are round numbers, few, and none is written over another."""

import math
from itertools import pairwise
from typing import Any

import pytest

from tests.browser import Page
from tests.page.conftest import Shown

LETTER = 7                              # pixels, in the recorded drawings
RECORDED = """(async () => {
    const { drawAxis, drawRows } = await import("/page/views/waterfall-drawing.js"), texts = [], lines = [];
    const context = { measureText: (text) => ({ width: text.length * %d }), fillText: (text, x) => texts.push([text, x]),
        fillRect: (x) => lines.push(x) };
    const view = { from: %s, to: %s, top: 0, visible: [], tree: { depth: [] } };
    drawAxis(context, %d, view);
    drawRows(context, %d, 40, view);
    return [texts, lines];
})()"""


def evaluated(page: Page, expression: str) -> Any:
    found = page.call("Runtime.evaluate", awaitPromise=True, returnByValue=True, expression=expression)
    assert "exceptionDetails" not in found, found
    return found["result"]["value"]


def of_module(page: Page, expression: str) -> Any:
    return evaluated(page, f"import('/page/kit/ticks.js').then(({{ ticks, byteTicks, plain, exactDuration }}) => {expression})")


@pytest.fixture
def opened(page: Page, shown: Shown) -> Page:
    page.visit(shown.url("runs"))
    return page


def test_ticks_are_three_to_five_round_numbers(opened: Page) -> None:
    highest = [0.0031 * 1.37 ** at for at in range(120)]
    for most, found in zip(highest, of_module(opened, f"{highest}.map((high) => ticks(0, high))"), strict=True):
        step = found[1] - found[0]
        assert found[0] == 0
        assert 3 <= len(found) <= 5
        assert found[-1] <= most < found[-1] + step * 1.001
        assert round(step / 10 ** math.floor(math.log10(step) + 1e-9), 6) in {1, 2, 5}


@pytest.mark.parametrize(("expression", "expected"), [
    ("ticks(0, 1.9)", [0, 0.5, 1, 1.5]), ("ticks(-3, 5)", [-2, 0, 2, 4]), ("ticks(7, 7)", [7]),
    ("ticks(0, 0.3)", [0, 0.1, 0.2, 0.3]),
    ("byteTicks(0, 5 * 2 ** 20)", [0, 2 << 20, 4 << 20]), ("byteTicks(0, 500)", [0, 200, 400]),
    ("['2.00 ms', '1.50 s', '100', '0.050/s', '10.0 KiB', '1\u202f000'].map(plain)",
     ["2 ms", "1.5 s", "100", "0.05/s", "10 KiB", "1\u202f000"]),
    ("[0, 2e8, 1e9, 1.234567e9, 50e3, 7].map(exactDuration)", ["0", "200 ms", "1 s", "1.234567 s", "50 µs", "7 ns"]),
])
def test_ticks_and_their_texts(opened: Page, expression: str, expected: list[Any]) -> None:
    assert of_module(opened, expression) == expected


@pytest.mark.parametrize("width", [250, 320, 400, 700, 1440])
@pytest.mark.parametrize(("begin", "end"), [(0, 1e9), (0, 4.4e8), (1_234_567_890, 1_234_667_000), (0, 7), (3.2e8, 9.1e9)])
def test_a_waterfall_has_its_lines_at_its_times_and_no_time_over_another(
    opened: Page, width: int, begin: float, end: float,
) -> None:
    texts, lines = evaluated(opened, RECORDED % (LETTER, begin, end, width, width))
    assert lines == [round(x - 2) - 1 for _, x in texts]
    assert len({text for text, _ in texts}) == len(texts) <= 5
    for (text, x), (_, following) in pairwise(texts):
        assert x + LETTER * len(text) < following
    assert len(texts) >= 3 or width < 1440


def test_the_lines_of_a_chart_are_at_round_numbers(opened: Page) -> None:
    texts = evaluated(opened, """(async () => {
        const { lines } = await import("/page/kit/lines.js"), { duration } = await import("/page/kit/format.js");
        const stop = new AbortController(), box = document.querySelector("main").appendChild(document.createElement("div"));
        const drawing = CanvasRenderingContext2D.prototype, real = drawing.fillText, texts = [];
        const draw = lines(box, 100, "a", duration, stop.signal);
        drawing.fillText = function(text) { texts.push(text); };
        draw({ begin: 0, width: 1000, slots: 2, series: [{ name: "a", colour: "accent", values: [437e6, 1e6] }] });
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        drawing.fillText = real;
        stop.abort();
        return texts;
    })()""")
    assert texts[:5] == ["0", "100 ms", "200 ms", "300 ms", "400 ms"]
