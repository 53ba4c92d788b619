"""The lab's certificates as files of its state folder, a folder for each holder, as a Secret of the cluster is mounted.

`ca.crt` is what the holder trusts, `tls.crt` with `tls.key` what it shows. The CA's own key stays in the state folder. Whatever
a holder has is replaced a file at a time, and the programs read their files again by themselves.
"""

import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from labctl.components import ALERTMANAGER, COLLECTOR, SERVICE, VIEWER, of
from labctl.credentials import private_files
from labctl.credentials.file_names import CA, CERTIFICATE, KEY
from labctl.model import HeldFiles

if TYPE_CHECKING:
    from labctl.credentials.authority import Holder, Pair

LABCTL: Final = "labctl"                # the holder that is no component
HOLDERS: Final = (SERVICE.name, COLLECTOR.name, VIEWER.name, LABCTL)
"""Of every lab."""
_ADDONS: Final = (ALERTMANAGER.name,)   # which send to the lab's own components
_SERVERS: Final = {component.name: component.cluster.deployment for component in (COLLECTOR, VIEWER)}
_THIS_MACHINE: Final = ("localhost", "127.0.0.1", "::1")


def holders(switches: Mapping[str, str]) -> tuple[str, ...]:
    """Of a lab with these switches on."""
    return (*HOLDERS, *(component.name for component in of(switches) if component.name in _ADDONS))


@dataclass(frozen=True, slots=True)
class Certificates:
    """Of one lab. `namespace` is that of the cluster whose names its certificates are for."""

    state: Path
    lab: str
    namespace: str

    @property
    def folder(self) -> Path:
        return self.state / "tls"

    def of(self, holder: str) -> Path:
        return self.folder / holder

    def files(self, holder: str) -> Mapping[str, bytes]:
        """What the holder has, by file name; what is missing is left out."""
        found = {name: private_files.read(self.of(holder) / name) for name in (CA, CERTIFICATE, KEY)}
        return {name: content for name, content in found.items() if content is not None}

    def take(self, holder: str, files: Mapping[str, bytes]) -> None:
        """Write what was found elsewhere, such as in the cluster."""
        for name in (CA, CERTIFICATE, KEY):
            if name in files:
                private_files.write(self.of(holder) / name, files[name])

    @property
    def names(self) -> tuple[str, ...]:
        """The holders: besides those of every lab the add-ons that have a folder."""
        return (*HOLDERS, *(name for name in _ADDONS if self.of(name).is_dir()))

    def expect(self, holders: Collection[str]) -> None:
        """A folder for each of these add-ons, and none for others."""
        for name in _ADDONS:
            if name in holders:
                self.of(name).mkdir(mode=0o700, parents=True, exist_ok=True)
            elif self.of(name).is_dir():
                shutil.rmtree(self.of(name))

    def ensure(self) -> list[str]:
        """Make what is missing, broken, or about to expire; what others could read is private again.

        Returns the holders whose certificates are new.
        """
        from labctl.credentials import inspection, listing  # cryptography takes 0.1 s to import

        private_files.take_back(self.folder)
        bundle = self.authorities()
        if not bundle or inspection.broken(self.held(), bundle) or listing.due(self.folder):
            return self.renew()
        if self._own_authorities() != bundle:
            private_files.write(self.folder / CA, bundle)
        return []

    def held(self) -> list[HeldFiles]:
        return [HeldFiles(holder, str(self.of(holder)), self.files(holder)) for holder in self.names]

    def authorities(self) -> bytes:
        """The CAs that are trusted: those of the lab, or where that file is broken, those of a holder."""
        from labctl.credentials import authority

        have = self.held()
        shown = [one.files[CERTIFICATE] for one in have if CERTIFICATE in one.files]
        candidates = (self._own_authorities(), *(one.files.get(CA, b"") for one in have))
        return next((one for one in candidates if any(authority.belongs(first, one) for first in shown)), b"")

    def _own_authorities(self) -> bytes:
        return private_files.read(self.folder / CA) or b""

    def renew(self) -> list[str]:
        """New certificates by the same CA, or by a new one where its key is gone or it is about to expire."""
        from labctl.credentials import authority, listing

        signer = self._signer()
        if signer is None or listing.ends_soon(signer.certificate, listing.CA_ENDS):
            return self.exchange()
        trusted = self.authorities()
        bundle = trusted if authority.shares(trusted, signer.certificate) else signer.certificate
        private_files.write(self.folder / CA, bundle)
        self._issue(signer, bundle)
        return list(self.names)

    def exchange(self) -> list[str]:
        """A new CA, and certificates by it. The one before stays trusted until the next `forget_old`; its key is gone."""
        from labctl.credentials import authority

        old, new = self._signer(), authority.new_authority(f"CA {self.lab}")
        before = self.authorities() if old is None else old.certificate
        bridge = authority.cross_signed(new, old) if old else b""
        private_files.write(self.folder / "bridge.crt", bridge)
        private_files.write(self.folder / "ca.key", new.key)
        private_files.write(self.folder / CA, new.certificate + before)
        self._issue(new, new.certificate + before)
        return list(self.names)

    def forget_old(self) -> None:
        """Trust the present CA alone, once every holder has a certificate by it and has read it."""
        signer = self._signer()
        if signer:
            private_files.write(self.folder / CA, signer.certificate)
            for holder in self.names:
                private_files.write(self.of(holder) / CA, signer.certificate)

    def holders(self) -> Iterator["Holder"]:
        from labctl.credentials.authority import Holder

        for name in self.names:
            yield Holder(name, self._hosts(name), is_client=name != VIEWER.name)

    def _hosts(self, holder: str) -> tuple[str, ...]:
        if holder not in _SERVERS:
            return ()
        name = _SERVERS[holder]
        inside = f"{name}.{self.namespace}"
        return (name, inside, f"{inside}.svc", f"{inside}.svc.cluster.local", *_THIS_MACHINE)

    def _signer(self) -> "Pair | None":
        """The CA with its key; None where one of them is gone, or they do not belong together."""
        from labctl.credentials import authority

        key, bundles = private_files.read(self.folder / "ca.key"), (self._own_authorities(), self.authorities())
        return next((found for one in bundles if key and (found := authority.first_of(one, key))), None)

    def _issue(self, signer: "Pair", bundle: bytes) -> None:
        from labctl.credentials import authority

        bridge = private_files.read(self.folder / "bridge.crt") or b""
        for holder in self.holders():
            issued = authority.issue(signer, holder)
            self.take(holder.name, {CA: bundle, CERTIFICATE: issued.certificate + bridge, KEY: issued.key})
