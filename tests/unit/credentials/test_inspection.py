"""What is wrong with a file of certificates or a token is said by its name; whole files yield nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

from labctl.credentials.certificates import Certificates
from labctl.credentials.inspection import BrokenFile, broken
from labctl.model import HeldFiles


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return made(tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return made(tmp_path_factory.mktemp("other"))


def made(folder: Path) -> Certificates:
    certificates = Certificates(folder, "mine", "mine")
    certificates.ensure()
    return certificates


def found(own: Certificates, **files: bytes | None) -> list[tuple[str, str]]:
    """With other content of the service's files; None: without one."""
    content = {**own.files("service"), **{name.replace("_", "."): text for name, text in files.items()}}
    held = HeldFiles("service", "/tls/service", {name: text for name, text in content.items() if text is not None})
    return [(one.name, one.what) for one in broken([held], own.authorities())]


def test_whole_files_yield_nothing(own: Certificates) -> None:
    assert broken(own.held(), own.authorities()) == []


@pytest.mark.parametrize("name", ["ca.crt", "tls.crt", "tls.key"])
@pytest.mark.parametrize(("content", "what"), [(None, "is missing"), (b" \n", "is empty")])
def test_what_is_not_there(own: Certificates, name: str, content: bytes | None, what: str) -> None:
    assert found(own, **{name.replace(".", "_"): content}) == [(name, what)]


@pytest.mark.parametrize(("name", "what"), [
    ("ca.crt", "holds no certificate of a CA"), ("tls.crt", "holds no certificate"),
    ("tls.key", "is no key, or not that of tls.crt"),
])
def test_what_is_garbled(own: Certificates, name: str, what: str) -> None:
    assert found(own, **{name.replace(".", "_"): b"-----BEGIN CERTIFICATE-----\ngarbage"}) == [(name, what)]


def test_what_is_of_another_lab(own: Certificates, other: Certificates) -> None:
    theirs = other.files("service")
    assert found(own, tls_key=theirs["tls.key"]) == [("tls.key", "is no key, or not that of tls.crt")]
    assert found(own, ca_crt=theirs["ca.crt"]) == [("ca.crt", "is another CA than the lab's")]
    assert found(own, tls_crt=theirs["tls.crt"], tls_key=theirs["tls.key"]) == [("tls.crt", "is not of the lab's CA")]


def test_a_token() -> None:
    held = HeldFiles("token", "Secret lab-token", {"token": b"abc"})
    assert broken([held], b"") == []
    assert broken([replace(held, files={})], b"") == [BrokenFile("token", "Secret lab-token", "token", "is missing")]
    assert [one.what for one in broken([replace(held, files={"token": b"\x00"})], b"")] == ["holds no token"]


def test_no_secret_is_in_its_text(own: Certificates) -> None:
    assert "PRIVATE" not in repr(own.held())
