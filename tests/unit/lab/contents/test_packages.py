"""Which packages are listed: those that count on this machine, and in the image those of its Python on Linux."""

import labctl
from labctl.lab.contents.packages import installed, locked
from tests.driver import ROOT

ONLY_FOR_BUILDING = {"editables", "hatchling", "pathspec", "pluggy", "tomlkit", "trove-classifiers"}


def test_what_labctl_needs_is_what_its_lock_file_names() -> None:
    """Two ways to the same set: what is installed, walked by its requirements, and what the resolver wrote."""
    from_lock = {(one.name, one.version) for one in locked((ROOT / "requirements.lock").read_text(), "3.11")}
    there = {(one.name, one.version) for one in installed(labctl.DISTRIBUTION) if one.name != labctl.DISTRIBUTION}
    assert {one for one in from_lock if one[0] not in ONLY_FOR_BUILDING} == there


def test_a_needed_package_is_listed_itself() -> None:
    packages = installed(labctl.DISTRIBUTION)
    names = {one.name for one in packages}
    assert {needed for one in packages for needed in one.requires} <= names
    assert next(one for one in packages if one.name == "requests").requires


def test_what_an_extra_adds_counts_where_it_is_asked_for() -> None:
    plain, with_extra = ({one.name for one in installed(name)} for name in ("uvicorn", "uvicorn[standard]"))
    assert plain < with_extra
    assert "uvloop" in with_extra - plain


def test_what_is_not_there_is_not_listed() -> None:
    assert installed("no-such-package") == []


def test_a_lock_files_marker_decides() -> None:
    text = """\
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:4f
numpy==1.0 ; python_full_version < '3.12' \\
    --hash=sha256:5f
numpy==2.0 ; python_full_version >= '3.12' \\
    --hash=sha256:6f
    # via
    #   scipy==9
Typing_Extensions==4.16.0
"""
    assert [(one.name, one.version) for one in locked(text, "3.13")] == [("numpy", "2.0"), ("typing-extensions", "4.16.0")]
