"""A run as one HTML file that opens from disk and offline, with a dark and a print style.

Subtle: the page's content security policy allows only its two scripts, by their hashes, and no request, so that text from a
server (an error, a redirect's address) could neither run nor send anything, even if it were not escaped.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

from labctl.cost.comparison import BackendCost
from labctl.load.judge.verdicts import Verdict
from labctl.load.measure.summary import Summary
from labctl.load.report import charts, costs, plotly_js, sections
from labctl.load.report.markup import Html, element
from labctl.load.report.waterfall import waterfall
from labctl.telemetry.trace import Trace


@dataclass(frozen=True, slots=True)
class Beside:
    """What a report shows besides a run's figures."""

    verdicts: Sequence[Verdict] = ()    # on its thresholds
    slowest: Sequence[Trace] = ()       # of the slowest requests, as far as the lab has them
    remarks: Sequence[str] = ()         # sentences on how to read the figures, and on lost spans
    ledger: str = ""                    # what became of the spans
    costs: Sequence[BackendCost] = ()   # of a month at the run's rate, by backend
    replicas: Sequence[tuple[float, int]] = ()      # of the service, from so many seconds of the run on


def write_html(summary: Summary, path: Path, beside: Beside) -> None:
    """Raises OSError when the file cannot be written."""
    path.write_text(page(summary, beside, datetime.now(UTC)), encoding="utf-8")


def page(summary: Summary, beside: Beside, written: datetime) -> str:
    style, script, charted = _asset("page.css"), _asset("page.js"), plotly_js.source()
    figures = {**charts.all_of(summary, beside.replicas), **costs.chart(beside.costs)}
    scripts = f"{plotly_js.fingerprint(script)} {plotly_js.fingerprint(charted)}"
    policy = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {scripts}"
    head = element(
        "head", element("meta", charset="utf-8"), element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"Load run {summary.run_id}"), element("style", Html(style)),
    )
    body = element(
        "body", sections.header(summary, written), element("main", *_main(summary, beside, list(figures))),
        _data("figures", "application/json", json.dumps(figures, separators=(",", ":"), allow_nan=False)),
        _data("library", "application/gzip", plotly_js.packed(charted)), element("script", Html(script)),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _main(summary: Summary, beside: Beside, figures: Sequence[str]) -> list[Html]:
    found = [
        sections.remarks(beside.remarks), sections.thresholds(beside.verdicts), *(sections.chart(name) for name in figures),
        costs.table(beside.costs), sections.times(summary), sections.outcome(summary),
        element("div", sections.requests(summary), sections.generator(summary), sections.ledger(beside.ledger)),
        sections.slowest(summary, {trace.trace_id: waterfall(trace) for trace in beside.slowest}),
    ]
    return [section for section in found if section]


def _data(name: str, kind: str, text: str) -> Html:
    """Data for a script. `<` is escaped, so that no text in it can end the element."""
    return element("script", Html(text.replace("<", "\\u003c")), id=name, type=kind)


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
