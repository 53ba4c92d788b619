"""Reading commands answer the same on every lab that stands."""

import json
import os
import re
import signal
import subprocess
import urllib.request

from labctl.host.waiting import until
from labctl.model import METRICS
from tests.contract.conftest import PLENTY_S
from tests.driver import LABCTL, Driver

SPANS = ["POST", "POST /predict", "validate_input", "model_inference", "format_response"]


def test_status_says_what_runs_and_where(lab: Driver) -> None:
    status = lab.json("status")
    assert (status["lab"], status["target"], status["state"]) == (lab.name, lab.target, "ready")
    assert [one["name"] for one in status["components"]] == ["service", "collector", "viewer"]
    assert status["endpoints"] == {
        "service": lab.url("SERVICE"), "viewer": lab.url("VIEWER"),
        "otlp_grpc": lab.url("OTLP_GRPC"), "otlp_http": lab.url("OTLP_HTTP"),
    }
    collector = status["components"][1]
    assert (collector["image"] or collector["detail"]) in {
        "the program otelcol-contrib", "the program otelcol", "in the viewer's process",
        "otel/opentelemetry-collector-contrib:0.155.0",
    }
    assert lab.name in lab.run("status").stdout


def test_the_service_answers_as_the_tutorial_says(lab: Driver) -> None:
    with urllib.request.urlopen(f"{lab.url('SERVICE')}/health", timeout=30) as answer:
        assert json.load(answer) == {"status": "ok", "env": "local", "tracing_enabled": True}


def test_predict_shows_answer_and_waterfall(lab: Driver) -> None:
    answer = lab.json("predict", "0.5", "1.5", "2.0")
    assert answer["prediction"] == 4.0
    assert answer["model_name"] == "simple-linear-demo"
    assert [span["name"] for span in answer["trace"]["spans"]] == SPANS
    assert answer["trace"]["trace_id"] == answer["trace_id"]
    shown = lab.run("predict", "0.5", "1.5", "2.0").stdout
    assert all(name in shown for name in SPANS)


def test_predict_takes_negative_numbers(lab: Driver) -> None:
    assert lab.json("predict", "-1", "-2.5", "4")["prediction"] == 0.5


def test_predict_passes_a_refusal_on(lab: Driver) -> None:
    refused = lab.run("predict", "nan", code=1)
    assert "400" in refused.stderr


def test_a_trace_has_five_spans_and_their_parents(lab: Driver) -> None:
    trace_id = lab.json("predict", "1")["trace_id"]
    trace = lab.json("trace", trace_id)
    assert trace["complete"] is True
    by_name = {span["name"]: span for span in trace["spans"]}
    assert list(by_name) == SPANS
    assert by_name["POST"]["parent_id"] == ""
    assert by_name["POST"]["kind"] == "client"
    assert by_name["POST /predict"]["parent_id"] == by_name["POST"]["span_id"]
    assert {by_name[name]["parent_id"] for name in SPANS[2:]} == {by_name["POST /predict"]["span_id"]}
    assert by_name["POST /predict"]["attributes"]["http.response.status_code"] == 200


def test_up_left_a_trace_of_itself_that_is_no_requests(lab: Driver) -> None:
    trace = lab.json("trace", "up")
    assert trace["complete"] is True
    assert trace["spans"][0]["name"] == "labctl up"
    assert {"Provision", "Deploy", "Wait until ready"} <= {span["name"] for span in trace["spans"]}
    assert "It waited for, in turn: " in lab.run("trace", "up").stdout
    assert lab.json("trace", "slowest")["spans"][0]["name"] != "labctl up"


def test_top_shows_every_component_that_runs(lab: Driver) -> None:
    usage = {one["component"]: one for one in lab.json("top")["components"]}
    assert {"service", "viewer"} <= usage.keys()
    assert usage["service"]["memory"] > 10_000_000
    assert "service" in lab.run("top").stdout


def test_a_forward_leads_to_the_component_until_it_is_ended(lab: Driver) -> None:
    forward = lab.start("forward", "service", ":9000")
    try:
        said = re.search(r"127\.0\.0\.1:(\d+) -> 9000", forward.stdout.readline())
        assert said
        port = said[1]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=30) as answer:
            assert json.load(answer)["status"] == "ok"
    finally:
        forward.send_signal(signal.SIGINT)
        assert forward.wait(40) == 130
        forward.communicate()


def test_what_is_published_already_is_said(lab: Driver) -> None:
    assert "publishes it" in lab.run("forward", "service", f"{lab.ports['SERVICE']}:9000").stdout
    assert "does not listen on port 80" in lab.run("forward", "service", "1:80", code=1).stderr
    assert "is taken by" in lab.run("forward", "collector", f"{lab.ports['SERVICE']}:4317", code=3).stderr


def test_check_reports_every_hop(lab: Driver) -> None:
    report = lab.json("check")
    assert report["ok"] is True
    assert [hop["hop"] for hop in report["hops"]] == ["service", "collector", "viewer"]
    assert all(hop["ms"] > 0 for hop in report["hops"])


def test_the_collector_can_be_reached_from_the_service(lab: Driver) -> None:
    report = lab.json("check", "--from", "service")
    assert report["ok"] is True
    names = [hop["hop"] for hop in report["hops"]]
    assert names[:3] == ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector, OTLP/gRPC", "collector, OTLP/HTTP"]
    assert ("collector, by DNS" in names) == (lab.target == "kind")


def test_a_command_runs_where_the_service_runs(lab: Driver) -> None:
    code = "import os, sys; print(os.environ['OTEL_EXPORTER_OTLP_ENDPOINT']); print('e', file=sys.stderr); sys.exit(7)"
    done = lab.run("exec", "service", "--", "python", "-I", "-S", "-c", code, code=7)
    assert done.stdout.startswith("http://")
    assert done.stderr == "e\n"
    assert "cannot be started" in lab.run("exec", "service", "--", "no-such-program", code=1).stderr
    assert "needs a terminal" in lab.run("exec", "-t", "service", "--", "python", code=2).stderr


def test_a_pipe_is_passed_on_to_the_command_until_its_end(lab: Driver) -> None:
    code = "import sys, shutil; shutil.copyfileobj(sys.stdin.buffer, sys.stdout.buffer)"
    words, sent = [LABCTL, "exec", "-i", "viewer", "--", "python", "-I", "-S", "-c", code], os.urandom(8 << 20)
    done = subprocess.run(words, env=lab.env, cwd=lab.cwd, input=sent, capture_output=True, timeout=60, check=True)
    assert done.stdout == sent


def test_describe_says_how_a_component_runs(lab: Driver) -> None:
    found = lab.json("describe", "service")
    assert (found["component"], found["state"]) == ("service", "ready")
    [instance] = found["instances"]
    assert (instance["ready"], instance["restarts"]) == (True, 0)
    assert found["env"]["OTEL_EXPORTER_OTLP_ENDPOINT"].startswith("http://")
    assert not [name for name in found["env"] if name.startswith("labctl.dev/")]
    assert lab.url("SERVICE") in {port["url"] for port in found["ports"]}
    assert any("prediction answered" in line for line in found["log"])
    limits = {one["name"]: one["value"] for one in found["resources"]}
    assert limits.get("limits.cpu") == ("500m" if lab.target == "kind" else None)
    shown = lab.run("describe", "collector").stdout
    assert "collector: ready" in shown
    assert "4317" in shown or str(lab.ports["OTLP_GRPC"]) in shown


def test_logs_have_the_collectors_lines(lab: Driver) -> None:
    lab.run("predict", "1")


    def signals() -> set[str]:
        lines = lab.run("logs", "collector", "--grep", "otelcol.signal").stdout.lower()
        return {signal for signal in ("traces", "metric") if signal in lines}

    assert until(lambda: signals() == {"traces", "metric"}, PLENTY_S)


def test_logs_of_several_components_carry_their_names(lab: Driver) -> None:
    lines = lab.run("logs", "service", "viewer").stdout.splitlines()
    assert any(line.startswith("service | ") and "OpenTelemetry initialized" in line for line in lines)


def test_logs_since_leaves_out_what_is_older(lab: Driver) -> None:
    assert lab.run("logs", "service", "--since", "0.000s").stdout == ""


def test_metrics_are_the_six(lab: Driver) -> None:
    lab.run("predict", "1")
    # a counter of errors appears with the first error
    assert until(lambda: set(METRICS) - {"errors_total"} <= {one["name"] for one in lab.json("metrics")["series"]}, PLENTY_S)


def test_every_metric_that_arrived_is_shown_with_the_collectors_own(lab: Driver) -> None:
    lab.run("predict", "1")
    series = lab.json("metrics", "--all")["series"]
    names = {one["name"] for one in series}
    assert set(METRICS) - {"errors_total"} < names
    assert any(name.startswith("otel.sdk.") for name in names)
    accepted = [one for one in series if one["name"].startswith("otelcol_receiver_accepted_spans")]
    assert {one["service"] for one in accepted} == {"collector"}
    assert all(one["window"]["seconds"] > 0 for one in accepted)
    # a series for each status
    took = max(lab.json("metrics", "request_duration_ms", "--since", "1h")["series"], key=lambda one: one["count"])
    assert took["window"]["increase"] == took["count"] == sum(took["window"]["counts"])
    assert took["exemplars"][0]["trace_id"] in lab.run("metrics", "request_duration_ms").stdout
    corrected = r"try: \S*labctl metrics request_duration request_duration_ms$"
    assert re.search(corrected, lab.run("metrics", "request_duration", "reqest_duration_ms", code=2).stderr, re.MULTILINE)


def test_an_unknown_trace_is_one_clear_line(lab: Driver) -> None:
    refused = lab.run("trace", "0" * 32, code=1)
    assert "0" * 32 in refused.stderr
    assert "nonsense" in lab.run("trace", "nonsense", code=2).stderr


def test_up_again_changes_nothing(lab: Driver) -> None:
    before = lab.instances()
    assert "nothing has changed" in lab.run("up").stdout
    assert lab.instances() == before


def test_another_target_is_refused_while_one_stands(lab: Driver) -> None:
    refused = lab.run("up", "--target", "kind" if lab.target == "local" else "local", code=3)
    assert f"runs on the target {lab.target}" in refused.stderr
