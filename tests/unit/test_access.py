"""What is wrong with a file of the lab's certificates is said with the file's name, which the TLS library does not give."""

from pathlib import Path

import pytest

from labctl.access import Credentials
from labctl.credentials.certificates import Certificates
from labctl.errors import Refused


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    certificates = Certificates(tmp_path, "mine", "ai-ml-lab-2-2")
    certificates.ensure()
    folder = certificates.of("labctl")
    return {"ca": folder / "ca.crt", "certificate": folder / "tls.crt", "key": folder / "tls.key"}


def credentials(files: dict[str, Path]) -> Credentials:
    return Credentials(**{name: str(path) for name, path in files.items()})


def test_whole_files_are_used(files: dict[str, Path]) -> None:
    assert credentials(files).context().get_ca_certs()


@pytest.mark.parametrize("name", ["ca", "certificate", "key"])
def test_a_missing_file_is_named(files: dict[str, Path], name: str) -> None:
    files[name].unlink()
    with pytest.raises(Refused, match="cannot be used") as refused:
        credentials(files).context()
    assert refused.value.detail == str(files[name])


@pytest.mark.parametrize("name", ["ca", "certificate", "key"])
def test_a_file_that_is_no_pem_is_named_with_what_it_is_read_with(files: dict[str, Path], name: str) -> None:
    named = ["ca"] if name == "ca" else ["certificate", "key"]
    files[name].write_text("no PEM")
    with pytest.raises(Refused, match="cannot be used") as refused:
        credentials(files).context()
    assert refused.value.detail == ", ".join(str(files[one]) for one in named)
