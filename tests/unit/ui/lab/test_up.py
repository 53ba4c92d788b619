"""The end of an `up` on the screen."""

import pytest

from labctl.lab.lifecycle import UpResult
from labctl.ui.lab import up


def test_each_address_has_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    urls = {"service": "http://127.0.0.1:9002", "otlp_grpc": "http://127.0.0.1:4317", "viewer": "http://127.0.0.1:9003"}
    page = "http://127.0.0.1:8889/metrics"
    up.show(UpResult("x", "local", "", urls, (), {"sampling": "10%"}, None, {"prometheus": page}), summary=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[1:-2]] == [
        ["service", urls["service"]], ["OTLP/gRPC", urls["otlp_grpc"]], ["viewer", urls["viewer"]],
        ["prometheus", page],
    ]
    assert lines[-2].startswith("on: --sampling 10%, until ")


def test_what_a_variable_keeps_on_is_not_said_to_end_with_a_flag(capsys: pytest.CaptureFixture[str]) -> None:
    notes = {"sampling": "until LABCTL_SAMPLING in /x/.env says off", "tls": "until the next up: LABCTL_TLS in /x/.env says on"}
    up.show(UpResult("x", "local", "", {}, (), {"sampling": "10%", "auth": "on"}, None, notes=notes), summary=True)
    assert capsys.readouterr().out.splitlines()[2:-1] == [
        "on: --sampling 10%, until LABCTL_SAMPLING in /x/.env says off", "on: --auth on, until labctl up --auth off",
        "off: --tls, until the next up: LABCTL_TLS in /x/.env says on",
    ]
