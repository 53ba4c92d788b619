"""The lab's CA and its certificates, judged by OpenSSL in a handshake."""

import socket
import ssl
import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from labctl.credentials import authority, inspection, listing
from labctl.credentials.certificates import HOLDERS, Certificates


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    made = Certificates(tmp_path / "lab", "mine", "ai-ml-lab-2-2")
    assert made.ensure() == list(HOLDERS)
    return made


def shake_hands(server: Path, client: Path, host: str = "127.0.0.1", authorities: bytes = b"") -> str:
    """What the client says; "" where both trust each other."""
    accepts = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(server / "ca.crt"))
    accepts.load_cert_chain(server / "tls.crt", server / "tls.key")
    accepts.verify_mode = ssl.CERT_REQUIRED
    connects = ssl.create_default_context(cadata=authorities.decode() or (client / "ca.crt").read_text())
    connects.load_cert_chain(client / "tls.crt", client / "tls.key")
    near, far = socket.socketpair()

    def accept() -> None:
        try:
            with accepts.wrap_socket(far, server_side=True) as channel:
                channel.sendall(b"hello")
        except OSError:
            far.close()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        with connects.wrap_socket(near, server_hostname=host) as channel:
            return "" if channel.recv(5) == b"hello" else "refused"
    except OSError as error:
        return str(error)
    finally:
        accepting.join()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "otel-collector", "otel-collector.ai-ml-lab-2-2.svc.cluster.local"])
def test_both_sides_trust_each_other(certificates: Certificates, host: str) -> None:
    assert shake_hands(certificates.of("collector"), certificates.of("service"), host) == ""


def test_another_name_is_not_trusted(certificates: Certificates) -> None:
    assert "match" in shake_hands(certificates.of("collector"), certificates.of("service"), "ai-lab-2-2-viewer")


def test_a_client_certificate_is_no_server_s(certificates: Certificates) -> None:
    assert shake_hands(certificates.of("service"), certificates.of("labctl"), "service")


def test_another_lab_s_certificate_is_refused(certificates: Certificates, tmp_path: Path) -> None:
    foreign = Certificates(tmp_path / "other", "mine", "ai-ml-lab-2-2")
    foreign.ensure()
    ours = (certificates.folder / "ca.crt").read_bytes()
    assert shake_hands(certificates.of("collector"), foreign.of("service"), authorities=ours)


def test_nobody_else_can_read_a_file(certificates: Certificates) -> None:
    files = [path for path in certificates.folder.rglob("*") if path.is_file()]
    assert len(files) > len(HOLDERS)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in certificates.folder.rglob("*") if path.is_dir()} == {0o700}


def test_what_is_whole_stays(certificates: Certificates) -> None:
    before = certificates.files("collector")
    assert certificates.ensure() == []
    assert certificates.files("collector") == before


def test_a_missing_key_makes_new_certificates_by_the_same_authority(certificates: Certificates) -> None:
    before = certificates.files("viewer")
    (certificates.of("viewer") / "tls.key").unlink()
    assert certificates.ensure() == list(HOLDERS)
    after = certificates.files("viewer")
    assert after["ca.crt"] == before["ca.crt"]
    assert after["tls.crt"] != before["tls.crt"]


BROKEN = {"lost": None, "emptied": b"", "garbled": b"garbage\n"}


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("name", ["ca.crt", "tls.crt", "tls.key"])
@pytest.mark.parametrize("holder", ["collector", "labctl", "service", "."])
def test_whatever_is_lost_or_broken_is_made_again(certificates: Certificates, holder: str, name: str, how: str) -> None:
    """`.`: the lab's own CA; its key is missed only when something has to be signed."""
    path = certificates.of(holder) / name.replace("tls.key", "ca.key") if holder == "." else certificates.of(holder) / name
    write(path, BROKEN[how])
    certificates.ensure()
    assert_whole(certificates)
    assert certificates.ensure() == []


@pytest.mark.parametrize("name", ["ca.crt", "tls.crt", "tls.key"])
def test_a_file_of_another_lab_is_replaced(certificates: Certificates, tmp_path: Path, name: str) -> None:
    other = Certificates(tmp_path / "other", "mine", "ai-ml-lab-2-2")
    other.ensure()
    write(certificates.of("service") / name, other.files("service")[name])
    assert certificates.ensure() == list(HOLDERS)
    assert_whole(certificates)


@pytest.mark.parametrize("how", BROKEN)
def test_without_a_usable_ca_everything_is_made_anew(certificates: Certificates, how: str) -> None:
    for holder in (".", *HOLDERS):
        write(certificates.of(holder) / "ca.crt", BROKEN[how])
    assert certificates.ensure() == list(HOLDERS)
    assert_whole(certificates)


def test_a_key_that_is_none_has_the_ca_replaced_at_the_next_renewal(certificates: Certificates) -> None:
    (certificates.folder / "ca.key").write_text("garbage")
    before = certificates.authorities()
    certificates.renew()
    assert certificates.authorities().endswith(before)
    assert_whole(certificates)


def write(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(content)


def assert_whole(certificates: Certificates) -> None:
    assert inspection.broken(certificates.held(), certificates.authorities()) == []
    assert shake_hands(certificates.of("collector"), certificates.of("service")) == ""


def test_a_certificate_near_its_end_is_renewed(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "LEAF_ENDS", timedelta(days=31))
    assert {one.holder for one in listing.due(certificates.folder)} == set(HOLDERS)
    assert certificates.ensure() == list(HOLDERS)


def test_an_authority_near_its_end_is_replaced_and_nothing_is_due_any_more(certificates: Certificates) -> None:
    """It would expire before the certificates that it signs."""
    ends = authority.new_authority("CA mine", timedelta(days=20))
    (certificates.folder / "ca.crt").write_bytes(ends.certificate)
    (certificates.folder / "ca.key").write_bytes(ends.key)
    assert "ca" in {one.holder for one in listing.due(certificates.folder)}
    assert certificates.ensure() == list(HOLDERS)
    assert not listing.due(certificates.folder)
    assert certificates.ensure() == []


def test_after_a_new_authority_old_and_new_trust_each_other(certificates: Certificates, tmp_path: Path) -> None:
    """In every mixture of programs that have read the new files and programs that have not."""
    old = Certificates(tmp_path / "old", "mine", "ai-ml-lab-2-2")
    for holder in HOLDERS:
        old.take(holder, certificates.files(holder))
    certificates.exchange()
    for server in (old, certificates):
        for client in (old, certificates):
            assert shake_hands(server.of("collector"), client.of("service")) == "", (server.state, client.state)


def test_the_old_authority_is_forgotten(certificates: Certificates, tmp_path: Path) -> None:
    old = Certificates(tmp_path / "old", "mine", "ai-ml-lab-2-2")
    old.take("service", certificates.files("service"))
    certificates.exchange()
    certificates.forget_old()
    assert shake_hands(certificates.of("collector"), certificates.of("service")) == ""
    new = (certificates.folder / "ca.crt").read_bytes()
    assert shake_hands(certificates.of("collector"), old.of("service"), authorities=new)


def test_without_its_key_there_is_a_new_authority(certificates: Certificates) -> None:
    (certificates.folder / "ca.key").unlink()
    before = certificates.files("labctl")["ca.crt"]
    certificates.renew()
    after = certificates.files("labctl")["ca.crt"]
    assert after.endswith(before)
    assert after != before


def test_the_list_says_what_each_is(certificates: Certificates) -> None:
    found = {one.holder: one for one in listing.certificates(certificates.folder)}
    assert set(found) == {"ca", *HOLDERS}
    assert "127.0.0.1" in found["viewer"].names
    assert found["viewer"].issuer == found["ca"].subject
    assert timedelta(days=29) < found["viewer"].left < timedelta(days=30)
    assert timedelta(days=364) < found["ca"].left < timedelta(days=365)


def test_an_expired_one_can_be_made(certificates: Certificates) -> None:
    signer = authority.new_authority("x")
    pair = authority.issue(signer, authority.Holder("service"), timedelta(days=-1))
    assert authority.belongs(pair.certificate, signer.certificate)
    assert listing.ends_soon(pair.certificate, timedelta(0))


def test_the_longest_name_of_a_lab_can_have_certificates(tmp_path: Path) -> None:
    assert Certificates(tmp_path, "x" * 50, "y" * 63).ensure() == list(HOLDERS)


def test_files_that_others_could_read_are_private_again(certificates: Certificates, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("not the lab's")
    elsewhere.chmod(0o644)
    (certificates.folder / "link").symlink_to(elsewhere)
    for path in certificates.folder.rglob("*.key"):
        path.chmod(0o644)
    assert certificates.ensure() == []
    assert {stat.S_IMODE(path.stat().st_mode) for path in certificates.folder.rglob("*.key")} == {0o600}
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o644
