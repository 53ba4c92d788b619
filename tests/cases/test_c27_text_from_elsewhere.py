"""C27: a name from elsewhere with ESC, BEL, U+009B or a mark that reverses the direction of writing reaches no terminal raw."""

import ast
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console, RenderableType
from rich.text import Text

from labctl.cli import json_output
from labctl.errors import LabError
from labctl.lab.canary import HopResult
from labctl.lab.dev import FileChange
from labctl.lab.examining.doctor import Check
from labctl.lab.metrics import MetricSet
from labctl.lab.predict import Prediction
from labctl.lab.status import LabStatus
from labctl.model import Health, LogLine, State, Usage
from labctl.telemetry.trace import Span, Trace
from labctl.ui import failure
from labctl.ui.kit import console, plain
from labctl.ui.kit.safe_text import visible
from labctl.ui.lab import changes, check, config, doctor, status, steps, top
from labctl.ui.telemetry import log_lines, metrics, prediction, waterfall
from labctl.viewer_client.blame import blame
from tests.unit.ui.samples import SERIES, SUMMARY, TROUBLED

EVIL = "a\x1b[2J\x07\x9b31m\u202eb\u2066c\u200fd\ne\x7f\ud800"
RAW = frozenset("\x1b\x07\x9b\u202e\u2066\u200f\x7f\ud800")
TRACE = Trace("1" * 32, 10.0, complete=True, spans=(
    Span(EVIL, EVIL, "server", "a1", "", 0.0, 10.0, "error", {"error.type": EVIL, "exception.message": EVIL}),
))


def views() -> Iterator[tuple[str, RenderableType]]:
    health = Health("service", State.FAILED, EVIL, {EVIL: EVIL}, pod=EVIL, image=EVIL, restarts=1, reason=EVIL, hint=EVIL)
    exemplars = [{"value": 1.0, "trace_id": EVIL}]
    series = [{**SERIES[3], "name": EVIL, "unit": EVIL, "attributes": {EVIL: EVIL}, "exemplars": exemplars}]
    yield "trace", waterfall.render(TRACE, 80)
    yield "metrics", metrics.render(MetricSet(series))
    yield "status", status.render(LabStatus(EVIL, "local", (health,), {EVIL: EVIL}, EVIL, EVIL, (EVIL,)), 0)
    yield "check", check.render([HopResult(EVIL, ok=False, ms=1.0, seen=EVIL)])
    yield "doctor", doctor.render([Check("local", EVIL, ok=False, found=EVIL, needed=EVIL, hint=EVIL)])
    yield "config", config.render([(EVIL, EVIL, EVIL, EVIL)])
    yield "top", top.render([Usage(EVIL, 0.1, 0.2, 1, 2, 0.1)])
    yield "logs", log_lines.render(LogLine(EVIL, None, EVIL))
    yield "JSON logs", log_lines.render(LogLine("service", None, json.dumps({"message": EVIL, EVIL: EVIL, "level": EVIL})))
    answer = {"prediction": EVIL, "model_name": EVIL, "latency_ms": EVIL}
    yield "prediction", prediction.render(Prediction(answer, EVIL, TRACE), 80)


VIEWS = dict(views())


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_shows_what_does_not_print(name: str) -> None:
    plain_console = Console(width=80, color_system=None)        # whose views have to be safe by themselves
    with plain_console.capture() as capture:
        plain_console.print(VIEWS[name])
    drawn = capture.get()
    assert not RAW & set(drawn), name
    assert "␛" in drawn
    assert "\\x9b" in drawn.replace("\n", "")


def test_the_sentence_about_the_slowest_span_is_safe(capsys: pytest.CaptureFixture[str]) -> None:
    plain.say(blame(TRACE))
    said = capsys.readouterr().out
    assert not RAW & set(said)
    assert said.count("\n") == 1


def test_an_error_is_safe(capsys: pytest.CaptureFixture[str]) -> None:
    failure.show(LabError(EVIL, detail=EVIL, hint=EVIL))
    assert not RAW & set(capsys.readouterr().err)


def _step() -> None:
    with steps.PlainSteps().step("Deploy") as say:
        say(EVIL)


@pytest.mark.parametrize("write", [
    lambda: plain.remark(EVIL), lambda: changes.show(FileChange((EVIL,), (), 1.0, LabError(EVIL))), _step,
])
def test_lines_beside_the_result_are_safe(capsys: pytest.CaptureFixture[str], write: Callable[[], None]) -> None:
    write()
    said = capsys.readouterr()
    assert not RAW & set(said.out + said.err)


def test_a_view_that_forgets_it_is_made_safe_by_the_console(capsys: pytest.CaptureFixture[str]) -> None:
    console.out.cache_clear()
    console.out().print(Text(EVIL))
    console.out.cache_clear()
    assert not RAW & set(capsys.readouterr().out)


def test_json_on_a_terminal_is_safe_and_still_json() -> None:
    text = json_output.as_text("Trace", TRACE.as_json())
    assert not RAW & set(text)
    assert json.loads(text)["spans"][0]["name"] == EVIL


def test_what_prints_is_left_as_it_is() -> None:
    assert visible("Überwachung 推論 → ok") == "Überwachung 推論 → ok"


def test_the_screens_of_a_load_run_are_safe() -> None:

    from labctl.ui.load import board, compare, runs, summary
    from tests.unit.ui.run_samples import COMPARISON, RUNS, RUNS_AT
    from tests.unit.ui.samples import PLAN, SNAPSHOT

    evil = replace(TROUBLED, run_id=EVIL, url=EVIL, errors={EVIL: 3})
    run = replace(RUNS[0], scenario=EVIL, summary=replace(SUMMARY, run_id=EVIL, url=EVIL))
    comparison = replace(COMPARISON, notes=(EVIL,))
    for view in (
        summary.render(evil, (EVIL,), EVIL), runs.render([run], RUNS_AT), compare.render(run, run, comparison, RUNS_AT),
        board.render(replace(SNAPSHOT, errors={EVIL: 2}), PLAN, (EVIL,)),
    ):
        screen = Console(width=100, height=60, color_system=None)
        with screen.capture() as capture:
            screen.print(view)
        assert not RAW & set(capture.get())


def test_only_the_doors_print() -> None:
    """`print` elsewhere would be a second door."""
    doors = {
        "cli/json_output.py", "cli/lab/kubeconfig.py", "cli/lab/version.py", "cli/security/auth.py", "ui/failure.py",
        "ui/kit/plain.py",
    }
    package = Path(json_output.__file__).parents[1]
    found = {
        str(path.relative_to(package)) for room in ("cli", "ui", "lab", "why", "faults", "lessons")
        for path in (package / room).rglob("*.py")
        if any(isinstance(node, ast.Call) and ast.unparse(node.func) == "print" for node in ast.walk(ast.parse(path.read_text())))
    }
    assert found <= doors
