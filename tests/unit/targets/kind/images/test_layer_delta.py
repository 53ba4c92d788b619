import hashlib
import io
import json
import tarfile
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from labctl.targets.kind.images import layer_delta
from labctl.targets.kind.images.layer_delta import Held


def sha(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def config(layer: str, created: str) -> str:
    return json.dumps({"created": created, "rootfs": {"diff_ids": ["sha256:base", layer]}, "history": [{"created": created}]})


def test_the_configuration_of_the_new_image_is_made_of_the_old_ones() -> None:
    fresh = config("sha256:new", "2026-02-02T00:00:00Z")
    built = {"Id": sha(fresh.encode()), "Created": "2026-02-02T00:00:00Z", "RootFS": {"Layers": ["sha256:base", "sha256:new"]}}
    assert layer_delta.exchange(config("sha256:old", "2026-01-01T00:00:00Z"), built) == fresh


def test_an_image_that_differs_in_more_than_its_last_layer_is_not_guessed() -> None:
    fresh = config("sha256:new", "2026-02-02T00:00:00Z").replace("base", "other")
    built = {"Id": sha(fresh.encode()), "Created": "2026-02-02T00:00:00Z", "RootFS": {"Layers": ["sha256:other", "sha256:new"]}}
    assert layer_delta.exchange(config("sha256:old", "2026-01-01T00:00:00Z"), built) is None


def archive(*contents: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for number, content in enumerate(contents):
            member = tarfile.TarInfo(f"blobs/sha256/{number}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


@given(st.lists(st.binary(min_size=1, max_size=64), min_size=1, max_size=5, unique=True), st.data())
def test_a_layer_is_found_by_its_digest_alone(contents: Any, data: Any) -> None:
    wanted = data.draw(st.sampled_from(contents))
    assert layer_delta.layer(archive(*contents), sha(wanted)) == wanted
    assert layer_delta.layer(archive(*contents), sha(b"absent" + wanted)) is None


def test_a_layout_holds_the_one_layer_and_names_all_of_them() -> None:
    base = {"mediaType": "t", "digest": "sha256:base", "size": 1}
    last = {"mediaType": "t", "digest": "sha256:old", "size": 2}
    manifest = {"schemaVersion": 2, "mediaType": layer_delta.MANIFEST, "config": {"mediaType": "c"}, "layers": [base, last]}
    made = layer_delta.layout(Held(manifest, "{}"), '{"fresh": 1}', b"layer", "name:tag")
    with tarfile.open(fileobj=io.BytesIO(made)) as tar:
        files = {member.name: tar.extractfile(member).read() for member in tar}
    for name, content in files.items():
        assert not name.startswith("blobs/") or name == f"blobs/sha256/{sha(content)[7:]}"
    described = json.loads(files["index.json"])["manifests"][0]
    assert described["annotations"]["io.containerd.image.name"] == "docker.io/library/name:tag"
    body = json.loads(files[f"blobs/sha256/{described['digest'][7:]}"])
    assert [layer["digest"] for layer in body["layers"]] == ["sha256:base", sha(b"layer")]
    assert body["config"]["digest"] == sha(b'{"fresh": 1}')
    layers: Any = manifest["layers"]
    assert layers[1]["digest"] == "sha256:old"
