"""One place decides: flag > environment > .env > default."""

from pathlib import Path

import pytest

from labctl.config import load, seconds, size, span
from labctl.errors import UsageError
from labctl.project import KIND_FILE


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder that is a project, so that the one of the repository plays no part."""
    (tmp_path / KIND_FILE).touch()
    (tmp_path / "manifests").mkdir()
    return tmp_path


def test_each_layer_beats_the_next(project: Path) -> None:
    (project / ".env").write_text("APP_ENV=file\nDEFAULT_LATENCY_MS=3\nMAX_BATCH_SIZE=7\n")
    config = load({"APP_ENV": "flag"}, {"APP_ENV": "environment", "DEFAULT_LATENCY_MS": "2"}, project)
    found = [config.values[name] for name in ("APP_ENV", "DEFAULT_LATENCY_MS", "MAX_BATCH_SIZE", "MODEL_WORK")]
    assert [(one.text, one.source) for one in found] == [
        ("flag", "flag"), ("2", "environment"), ("7", ".env"), ("sleep", "default"),
    ]


def test_only_what_was_given_is_passed_to_the_service(project: Path) -> None:
    spec = load({}, {"DEFAULT_LATENCY_MS": "5", "OTEL_TRACES_SAMPLER": "always_on", "HOME": "/"}, project).spec()
    assert spec.service_env == {"DEFAULT_LATENCY_MS": "5", "OTEL_TRACES_SAMPLER": "always_on"}


def test_an_empty_variable_counts_as_unset(project: Path) -> None:
    assert load({}, {"APP_ENV": "  "}, project).values["APP_ENV"].source == "default"


@pytest.mark.parametrize(("name", "text", "allowed"), [
    ("LABCTL_SERVICE_PORT", "0", "1 to 65535"), ("LABCTL_SERVICE_PORT", "²", "1 to 65535"), ("LABCTL_LAB", "../x", "a-z"),
    ("LABCTL_TARGET", "cloud", "kind"), ("LABCTL_VIEWER_MAX_SIZE", "big", "512M"), ("LABCTL_VIEWER_MAX_AGE", "-1", "30s"),
])
def test_a_wrong_value_names_setting_value_source_and_what_is_allowed(project: Path, name: str, text: str, allowed: str) -> None:
    with pytest.raises(UsageError) as error:
        load({}, {name: text}, project)
    assert all(part in error.value.message for part in (name, text, "environment", allowed))


def test_a_port_given_twice_is_refused(project: Path) -> None:
    with pytest.raises(UsageError, match="9003"):
        load({}, {"LABCTL_SERVICE_PORT": "9003"}, project).spec()


def test_a_line_of_the_env_file_that_cannot_be_parsed_is_wrong_use(project: Path) -> None:
    (project / ".env").write_text("APP_ENV=x\nSLOW_SPAN\nB='x\n")
    with pytest.raises(UsageError, match=r"\.env, line 3"):
        load({}, {}, project)


def test_an_unknown_setting_is_refused(project: Path) -> None:
    with pytest.raises(UsageError, match="DEFAULT_LATENCY"):
        load({"DEFAULT_LATENCY": "1"}, {}, project)


@pytest.mark.parametrize(("text", "value"), [("30s", 30), ("1m30s", 90), ("250ms", 0.25), ("2", 2), ("1.5h", 5400)])
def test_times(text: str, value: float) -> None:
    assert span(text) == value


@pytest.mark.parametrize("text", ["", "s", "5 m", "-5s", "1y", "5m3"])
def test_a_time_that_is_none_names_its_option(text: str) -> None:
    with pytest.raises(UsageError, match="--timeout"):
        seconds(text, "--timeout")


def test_sizes() -> None:
    assert (size("1G"), size("512MiB"), size("10")) == (1 << 30, 512 << 20, 10)


def test_env_example_lists_every_setting_with_its_default() -> None:
    from labctl.config import SETTINGS

    text = (Path(__file__).parent.parent.parent / ".env.example").read_text()
    lines = [line.removeprefix("#").strip() for line in text.splitlines()]
    for setting in SETTINGS:
        assert any(line.startswith(f"{setting.name}={setting.default}") for line in lines), setting.name


def test_a_typo_in_the_env_file_is_told_and_other_names_are_not(project: Path) -> None:
    (project / ".env").write_text("SLOW_SPAM=off\nDATABASE_URL=x\nOTEL_SERVICE_NAMES=y\n")
    assert load({}, {}, project).doubts == (f"unknown setting SLOW_SPAM in {project / '.env'}; SLOW_SPAN is close to it",)
