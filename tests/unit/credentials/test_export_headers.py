"""Headers with keys for backends: from a private file, kept privately, and in no error."""

import os
from pathlib import Path

import pytest
import yaml

from labctl.credentials import export_headers
from labctl.errors import Refused, UsageError
from labctl.switches.chosen import merged
from labctl.ui import failure


def given(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    path = tmp_path / "given"
    path.write_text(text)
    path.chmod(mode)
    return path


def kept(state: Path, backend: str = "honeycomb") -> dict[str, str]:
    found: dict[str, str] = yaml.safe_load(export_headers.file_of(state, backend).read_text())
    return found


def test_they_are_kept_for_their_owner_alone_until_the_file_changes(tmp_path: Path) -> None:
    state, path = tmp_path / "state", given(tmp_path, "# a key\nx-honeycomb-team: one\nX-Number: 12\n")
    switches = {"export-headers": f"honeycomb={path}"}
    assert export_headers.prepare(state, switches) == ["honeycomb"]
    assert kept(state) == {"x-honeycomb-team": "one", "X-Number": "12"}
    assert export_headers.file_of(state, "honeycomb").stat().st_mode & 0o777 == 0o600
    assert export_headers.prepare(state, switches) == []
    path.write_text('x-honeycomb-team: "two"\n')
    assert export_headers.prepare(state, switches) == ["honeycomb"]
    assert kept(state) == {"x-honeycomb-team": "two"}
    path.unlink()
    assert export_headers.prepare(state, switches) == []
    assert kept(state) == {"x-honeycomb-team": "two"}


def test_what_the_collector_would_fill_in_is_escaped(tmp_path: Path) -> None:
    export_headers.prepare(tmp_path, {"export-headers": f"honeycomb={given(tmp_path, 'key: a${env:HOME}$b')}"})
    assert kept(tmp_path) == {"key": "a$${env:HOME}$$b"}


@pytest.mark.parametrize("text", ["", "# nothing", "no colon and a s3cret", "key:", "ke y: s3cret", "key: s3\x07cret"])
def test_what_is_no_header_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(Refused, match="no header") as error:
        export_headers.prepare(tmp_path, {"export-headers": f"honeycomb={given(tmp_path, text)}"})
    assert "s3cret" not in f"{error.value.message} {error.value.detail} {error.value.hint}"


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="others may read") as error:
        export_headers.prepare(tmp_path, {"export-headers": f"honeycomb={given(tmp_path, 'key: x', 0o640)}"})
    assert error.value.hint.startswith("chmod 600 ")


def test_a_file_that_is_gone_before_it_was_ever_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="there is no such file"):
        export_headers.prepare(tmp_path, {"export-headers": f"honeycomb={tmp_path / 'gone'}"})


@pytest.mark.parametrize(("name", "fix"), [
    ("gone", "(umask 077; echo"), ("given", "${EDITOR:-vi} "), (".", "labctl up --export"),
])
def test_an_error_names_the_switch_and_has_a_line_that_mends_it(tmp_path: Path, name: str, fix: str) -> None:
    path = given(tmp_path, "no header").parent / name
    switches = {"export-headers": f"honeycomb={path}"}
    errors = []
    for refusing in (export_headers.require_usable, export_headers.prepare):
        with pytest.raises(Refused, match=f"^--export-headers honeycomb: .*: {path}$") as error:
            refusing(tmp_path / "state", switches)
        errors.append((error.value.message, error.value.detail, error.value.hint))
    assert errors[0] == errors[1]
    assert errors[0][2].startswith(fix)
    assert not (tmp_path / "state").exists()


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    os.mkfifo(pipe := tmp_path / "pipe", 0o600)
    export_headers.require_usable(tmp_path, {"export-headers": f"honeycomb={pipe}"})         # or it would wait


def test_a_file_without_a_name_is_the_only_backends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    on = merged({"export": "honeycomb,prometheus"}, {"export-headers": "h"})
    assert on["export-headers"] == f"honeycomb={tmp_path / 'h'}"
    assert merged(on, {}) == on


@pytest.mark.parametrize(("export", "headers"), [
    ("jaeger,tempo", "file"), ("prometheus", "file"), ("jaeger", "tempo=file"), ("aws-xray", "file"), ("honeycomb", "off"),
    ("honeycomb,datadog", "honeycomb=file"),
])
def test_whose_headers_they_are_has_to_be_clear(export: str, headers: str) -> None:
    with pytest.raises(UsageError):
        merged({}, {"export": export, "export-headers": headers})


def test_those_of_a_backend_that_has_none_any_more_are_deleted(tmp_path: Path) -> None:
    state, path = tmp_path / "state", given(tmp_path, "key: x")
    export_headers.prepare(state, {"export-headers": f"honeycomb={path},mine={path}"})
    export_headers.forget_others(state, {"export-headers": f"mine={path}"})
    assert [one.name for one in (state / "headers").iterdir()] == ["mine"]
    export_headers.forget_others(state, {})
    assert list((state / "headers").iterdir()) == []


def test_an_error_is_shown_whole_although_it_speaks_of_a_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "my-token"
    with pytest.raises(Refused) as error:
        export_headers.require_usable(tmp_path / "state", {"export-headers": f"honeycomb={path}"})
    failure.show(error.value)
    shown = capsys.readouterr().err
    assert "(not shown)" not in shown
    assert error.value.hint in shown
