"""`labctl config` marks what the service could not use."""

from pathlib import Path

from tests.driver import Driver


def test_a_wrong_value_and_a_typo_are_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DEFAULT_LATENCY_MS=abc\nSLOW_SPAM=off\n")
    shown = Driver("config", tmp_path / "state", cwd=tmp_path).run("config").stdout
    assert "! service: DEFAULT_LATENCY_MS='abc' cannot be used" in shown
    assert "! unknown setting SLOW_SPAM" in shown


def test_usable_settings_are_not_marked(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DEFAULT_LATENCY_MS=5\n")
    assert "!" not in Driver("config", tmp_path / "state", cwd=tmp_path).run("config").stdout


def test_a_secret_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer s3same-0pen\n")
    lab = Driver("config", tmp_path / "state", cwd=tmp_path)
    for shown in (lab.run("config").stdout, lab.run("config", "-o", "json").stdout):
        assert "OTEL_EXPORTER_OTLP_HEADERS" in shown
        assert "s3same-0pen" not in shown


def test_the_port_that_prometheus_scrapes_has_a_row(tmp_path: Path) -> None:
    lab = Driver("config", tmp_path / "state", cwd=tmp_path)
    for export, ports in (("off", []), ("file", []), ("prometheus:9464,file", ["9464"])):
        rows = lab.json("config", "--set", f"LABCTL_EXPORT={export}")["settings"]
        assert [row["value"] for row in rows if row["name"] == "--export prometheus"] == ports
