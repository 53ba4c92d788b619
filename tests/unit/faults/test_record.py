"""The record holds what a mend needs, and does not tell a secret fault."""

import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest

from labctl.config import load
from labctl.errors import Refused
from labctl.faults import record
from labctl.faults.catalogue import BY_NAME
from labctl.faults.lease import FILE, forget, recorded
from labctl.model import LabSpec

PORT, GONE = BY_NAME["wrong-port"], BY_NAME["viewer-gone"]


def spec(state: Path) -> LabSpec:
    return load({"LABCTL_STATE_DIR": str(state), "LABCTL_LAB": "x"}, {"DEFAULT_LATENCY_MS": "5"}).spec()


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert record.read(tmp_path) is None
    written = record.begun(spec(tmp_path)).with_faults([PORT, GONE], time.time() + 60, secret=False)
    record.write(tmp_path, written)
    assert record.read(tmp_path) == written
    assert written.faults == [PORT, GONE]
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    forget(tmp_path)
    assert not recorded(tmp_path)


def test_the_settings_of_before_are_put_back(tmp_path: Path) -> None:
    ran = replace(spec(tmp_path), service_env={"MODEL_WORK": "cpu"}, viewer_max_bytes=7)
    record.write(tmp_path, record.begun(ran))
    found = record.read(tmp_path)
    assert found
    assert found.of(spec(tmp_path)) == ran


def test_a_secret_fault_cannot_be_read_but_is_known(tmp_path: Path) -> None:
    secret = record.begun(spec(tmp_path)).with_faults([PORT], time.time() + 60, secret=True)
    record.write(tmp_path, secret)
    assert "wrong-port" not in (tmp_path / FILE).read_text()
    assert (secret.named, secret.secret, secret.faults) == ([], 1, [PORT])
    assert secret.without(PORT).entries == ()


def test_the_note_for_the_cluster_names_nothing(tmp_path: Path) -> None:
    assert "wrong-port" not in record.begun(spec(tmp_path)).with_faults([PORT], 1.0, secret=False).note


UNREADABLE = [
    "", "[]", "{", '{"until": 9e9, "settings": {"ports": 5}, "entries": []}', '{"until": 1e400, "settings": {}, "entries": []}',
    '{"until": 9e9, "settings": {"service_env": {"A": 5}}, "entries": []}',
    '{"until": 9e9, "settings": {"ports": {"service": "x"}}, "entries": []}',
    '{"until": 9e9, "settings": {"viewer_max_bytes": -1}, "entries": []}',
    f'{{"until": 1{"0" * 400}, "settings": {{}}, "entries": []}}',
]


@pytest.mark.parametrize("text", UNREADABLE)
def test_a_record_that_cannot_be_read_is_over(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    found = record.read(tmp_path)
    assert found
    assert found.expired
    assert found.of(spec(tmp_path)) == spec(tmp_path)


def test_a_record_that_cannot_be_deleted_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(Refused, match="cannot be deleted") as caught:
        forget(tmp_path)
    assert caught.value.hint == f"rm -r {tmp_path / FILE}"


def test_a_longer_lease_wins(tmp_path: Path) -> None:
    first = record.begun(spec(tmp_path)).with_faults([PORT], time.time() + 600, secret=False)
    assert first.with_faults([GONE], time.time() + 60, secret=False).until == first.until
    assert not first.expired
    assert replace(first, until=time.time() - 1).expired
