"""Sends an image as the one layer by which it differs from the image that the node already has.

An edit changes only the last layer. BuildKit also builds that layer as a separate image, so it can be exported alone. The new
image's configuration is the old one's with the last layer and the time replaced; its SHA-256 must equal the image's id, which
proves that the node gets what Docker built. Otherwise the caller sends the complete image.

Format: OCI image layout 1.0 in a tar, https://github.com/opencontainers/image-spec/blob/main/image-layout.md; containerd takes
a layout without the blobs that it already holds.
"""

import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from labctl.targets.kind.engine import containers, images
from labctl.targets.kind.images import delivery
from labctl.targets.kind.images.build import Image

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
READ = """
ref=$(ctr -n k8s.io images ls -q | grep -F "docker.io/library/$1:" | grep -v ':v1$' | head -n 1)
test "$ref" || exit 0
manifest=$(ctr -n k8s.io images ls "name==$ref" | awk 'NR==2 {print $3}')
ctr -n k8s.io content get "$manifest"; echo
ctr -n k8s.io content get "$(ctr -n k8s.io content get "$manifest" | grep -o 'sha256:[0-9a-f]*' | head -n 1)"
"""


@dataclass(frozen=True, slots=True)
class Held:
    """An image in the node: its manifest and its configuration, byte for byte."""

    manifest: dict[str, object]
    config: str


def read(node: str, image: Image) -> Held | None:
    """An image of the same repository that the node has, or None."""
    manifest, _, config = containers.execute(node, "sh", "-c", READ, "read", image.repository).decode().partition("\n")
    # Docker writes its manifests on one line; other formats are not supported
    return Held(json.loads(manifest), config) if manifest.endswith("}") and config else None


def send(node: str, image: Image, held: Held | None) -> int | None:
    """The bytes sent into the node, or None when the image cannot be sent in this way."""
    built = images.held(image.ref, image.files)
    if held is None or len(built) < 2:  # noqa: PLR2004 - the image and its files
        return None
    config = exchange(held.config, built[image.ref])
    with tempfile.TemporaryDirectory() as folder:
        saved, archive = Path(folder) / "files.tar", Path(folder) / f"labctl-{image.content}.tar"
        images.save([image.files], saved)
        blob = layer(saved.read_bytes(), built[image.ref]["RootFS"]["Layers"][-1])
        if config is None or blob is None:
            return None
        archive.write_bytes(layout(held, config, blob, image.ref))
        return delivery.import_copy(node, archive)


def exchange(config: str, built: Mapping[str, object]) -> str | None:
    """The configuration of the built image, derived from the old one's; None when its hash is not the image's id."""
    old = json.loads(config)
    layers = built["RootFS"]["Layers"]  # type: ignore[index]
    fresh = config.replace(old["rootfs"]["diff_ids"][-1], layers[-1]).replace(old["created"], str(built["Created"]))
    return fresh if _sha256(fresh.encode()) == built["Id"] else None


def layer(archive: bytes, diff_id: str) -> bytes | None:
    """The layer with that id from an archive of `docker save`."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() else None
            content = file.read() if file else b""
            if content and _sha256(content) == diff_id:
                return content
    return None


def layout(held: Held, config: str, blob: bytes, ref: str) -> bytes:
    """An image layout with the manifest, the configuration and the one layer."""
    raw = config.encode()
    manifest = json.loads(json.dumps(held.manifest))
    manifest["config"] |= {"digest": _sha256(raw), "size": len(raw)}
    manifest["layers"][-1] |= {"digest": _sha256(blob), "size": len(blob)}
    body = json.dumps(manifest, separators=(",", ":")).encode()
    name = {"io.containerd.image.name": f"docker.io/library/{ref}", "org.opencontainers.image.ref.name": ref.rpartition(":")[2]}
    kind = manifest.get("mediaType", MANIFEST)
    described = {"mediaType": kind, "digest": _sha256(body), "size": len(body), "annotations": name}
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [described]}).encode()
    blobs = {f"blobs/sha256/{_sha256(content)[7:]}": content for content in (body, raw, blob)}
    return _tar({"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": index, **blobs})


def _tar(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def _sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
