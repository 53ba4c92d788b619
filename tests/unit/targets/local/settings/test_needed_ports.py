"""The port that Prometheus scrapes is looked at with the lab's own before anything is started."""

import socket
from pathlib import Path

import pytest

from labctl.errors import Refused, UsageError
from labctl.host import ports
from labctl.model import LabSpec
from labctl.targets.local.settings.needed_ports import require_free


def spec(tmp_path: Path, **own: int) -> LabSpec:
    return LabSpec("x", tmp_path, tmp_path, own, {}, 1, 1)


def test_one_that_is_taken_is_refused_with_a_line_that_gives_another(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        scraped, service = one.getsockname()[1], other.getsockname()[1]
        on = {"export": f"file,prometheus:{scraped}"}
        with pytest.raises(Refused, match=rf"port {scraped} \(Prometheus to scrape\) is taken") as refused:
            require_free(spec(tmp_path), [], on)
        assert "labctl up --export file,prometheus:" in refused.value.hint
        with pytest.raises(Refused, match="2 ports are taken") as refused:
            require_free(spec(tmp_path, service=service), [], on)
        assert "labctl up --set LABCTL_SERVICE_PORT=" in refused.value.hint
        assert " --export file,prometheus:" in refused.value.hint
    require_free(spec(tmp_path, service=service), [], on)


def test_one_that_the_lab_uses_otherwise_is_refused(tmp_path: Path) -> None:
    [port] = ports.free(1)
    with pytest.raises(UsageError, match=f"port {port} is given twice: for viewer and for Prometheus to scrape") as refused:
        require_free(spec(tmp_path, viewer=port), [], {"export": f"prometheus:{port}"})
    assert refused.value.hint.startswith("labctl up --export prometheus:")


def test_an_add_on_needs_its_ports_and_prometheus_the_one_that_it_scrapes(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        scraped, jaeger = one.getsockname()[1], other.getsockname()[1]
        with pytest.raises(Refused, match="is taken") as refused:
            require_free(spec(tmp_path), [], {"with": f"prometheus:{scraped},jaeger"})
        assert "labctl up --with prometheus:" in refused.value.hint
        assert ",jaeger" in refused.value.hint
        require_free(spec(tmp_path, jaeger=jaeger), [], {})
        with pytest.raises(Refused, match=rf"port {jaeger} \(jaeger\) is taken"):
            require_free(spec(tmp_path, jaeger=jaeger), [], {"with": "jaeger"})
