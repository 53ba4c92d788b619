"""What is recorded of the faults that are on: written before anything is changed, deleted once everything is as it was.

Subtle: taking faults back needs no record, since a deploy without changes makes the lab what its project says. The record holds
what only it can: until when, and with which settings the lab ran. A secret fault is stored as a salted hash of its name.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from labctl.errors import Refused, os_reason
from labctl.faults.catalogue import BY_NAME
from labctl.faults.fault import Fault
from labctl.faults.lease import FILE
from labctl.host import folders
from labctl.host.documents import Node, read_json, write_private
from labctl.model import LabSpec

_TEXTS: Final = ("service_env", "service_env_from")     # the fields of the spec that are settings
_MAPPINGS: Final = (*_TEXTS, "ports")
_NUMBERS: Final = ("viewer_max_bytes", "viewer_max_age_s")
_HASHED: Final = "$"                    # between the salt and the hash


@dataclass(frozen=True, slots=True)
class FaultRecord:
    until: float                        # Unix seconds
    settings: Mapping[str, Any]         # fields of the spec with which the lab ran before
    entries: tuple[str, ...] = ()       # names, or salted hashes of them

    @property
    def expired(self) -> bool:
        return time.time() >= self.until

    @property
    def faults(self) -> list[Fault]:
        return [fault for entry in self.entries for fault in BY_NAME.values() if _is(entry, fault)]

    @property
    def named(self) -> list[str]:
        """The names of those that are not secret."""
        return [entry for entry in self.entries if _HASHED not in entry]

    @property
    def secret(self) -> int:
        """How many are."""
        return len(self.entries) - len(self.named)

    def with_faults(self, faults: list[Fault], until: float, *, secret: bool) -> "FaultRecord":
        entries = (_hashed(fault.name) if secret else fault.name for fault in faults)
        return replace(self, entries=(*self.entries, *entries), until=max(self.until, until))

    def without(self, fault: Fault) -> "FaultRecord":
        return replace(self, entries=tuple(entry for entry in self.entries if not _is(entry, fault)))

    def of(self, spec: LabSpec) -> LabSpec:
        """The spec as it was before the faults; the lab's switches stay as it has recorded them."""
        return replace(spec, **{"switches": {}, **self.settings})

    def entries_of(self, fault: Fault) -> list[str]:
        return [entry for entry in self.entries if _is(entry, fault)]

    @property
    def note(self) -> str:
        """For the target to keep: no name can be read in it."""
        hidden = [entry if _HASHED in entry else _hashed(entry) for entry in self.entries]
        return json.dumps({"until": round(self.until), "entries": hidden})


def begun(runs: LabSpec) -> FaultRecord:
    """Without a fault, of the lab as it runs."""
    return FaultRecord(0.0, {name: getattr(runs, name) for name in _MAPPINGS + _NUMBERS})


def read(state: Path) -> FaultRecord | None:
    """None where nothing is recorded; a record that cannot be read is one whose time is over, so that the lab is mended."""
    path = state / FILE
    if not path.exists():
        return None
    try:
        found = read_json(path)
        entries = tuple(entry.text() for entry in found.field("entries").items())
        return FaultRecord(found.field("until").number(), _settings(found.field("settings")), entries)
    except Refused:
        return FaultRecord(0.0, {})


def _settings(found: Node) -> dict[str, Any]:
    present = {name: node for name, node in found.fields().items() if name in _MAPPINGS + _NUMBERS}
    return {name: _setting(name, node) for name, node in present.items()}


def _setting(name: str, found: Node) -> Any:
    if name in _TEXTS:
        return {key: node.text() for key, node in found.fields().items()}
    if name in _MAPPINGS:
        return {key: _positive(node) for key, node in found.fields().items()}
    return _positive(found)


def _positive(found: Node) -> int:
    if found.integer() <= 0:
        raise found.wrong("a positive integer")
    return found.integer()


def write(state: Path, record: FaultRecord) -> None:
    """Its settings may hold secrets."""
    try:
        write_private(state / FILE, json.dumps(asdict(record)), durable=True)
    except OSError as error:
        raise Refused(f"the faults cannot be recorded: {os_reason(error)}", advice=folders.OTHER_STATE) from None


def _hashed(name: str, salt: str = "") -> str:
    salt = salt or secrets.token_hex(8)
    return f"{salt}{_HASHED}{hashlib.sha256(f'{salt}{name}'.encode()).hexdigest()[:32]}"


def _is(entry: str, fault: Fault) -> bool:
    salt, secret, _ = entry.partition(_HASHED)
    return entry == (_hashed(fault.name, salt) if secret else fault.name)
