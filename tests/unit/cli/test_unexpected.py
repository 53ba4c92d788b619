"""What nobody foresaw is one line, with the way to its details or to what mends it."""

from pathlib import Path

import pytest

from labctl.cli import unexpected


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LABCTL_STATE_DIR", str(tmp_path))
    return tmp_path


def test_a_package_that_is_not_installed_is_named_with_what_installs_it() -> None:
    error = unexpected.explain(ModuleNotFoundError("No module named 'docker'", name="docker"))
    assert "lacks the package docker" in error.message
    assert "pip install" in error.hint


def test_a_module_of_our_own_that_is_missing_is_an_error_of_ours(state: Path) -> None:
    error = unexpected.explain(ModuleNotFoundError("No module named 'labctl.x'", name="labctl.x"))
    assert error.message.startswith("internal error in labctl: ModuleNotFoundError")
    assert str(state) in error.advice
