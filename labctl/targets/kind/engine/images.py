"""Images of the engine: list, pull, save to a file, remove."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from labctl.errors import LabError, Refused
from labctl.targets.kind.engine.client import TRANSFER_S, EngineError, ask, find

CHUNK = 1 << 20
TITLE = "org.opencontainers.image.title"


def tags() -> list[str]:
    """The names of all images of the engine, newest first."""
    found = sorted(ask(lambda api: api.images()), key=lambda image: -int(image["Created"]))
    return [str(tag) for image in found for tag in image["RepoTags"] or ()]


def untagged(*titles: str) -> list[str]:
    """The ids of images without a name that have one of these titles as their label."""
    found = ask(lambda api: api.images(filters={"dangling": True, "label": TITLE}))
    return [str(image["Id"]) for image in found if (image.get("Labels") or {}).get(TITLE) in titles]


def held(*names: str) -> dict[str, dict[str, Any]]:
    """The given images, as far as the engine has them: Id, Created and RootFS of each, by the given name."""
    found = {name: _inspect(name) for name in names}
    return {name: image for name, image in found.items() if image}


def _inspect(name: str) -> dict[str, Any] | None:
    return find(lambda api: api.inspect_image(name))


def pull(name: str) -> None:
    """Raises LabError when it cannot be pulled; a registry's error comes inside the answer's stream."""
    try:
        for line in ask(lambda api: api.pull(name), TRANSFER_S).splitlines():
            said = json.loads(line)
            if "error" in said:
                raise EngineError(0, "the registry refused", detail=str(said["error"]))
    except Refused:
        raise
    except LabError as error:
        raise LabError(
            f"the Docker engine has no image {name}, and cannot pull it", detail=error.detail,
            advice="correct its name in manifests/", hint=f"docker pull {name}",
        ) from None


def save(names: Iterable[str], file: Path) -> None:
    """Write images to one archive, each layer once, as `docker save` does."""
    wanted = list(names)
    ask(lambda api: _download(api, f"{api.base_url}/v{api.api_version}/images/get", wanted, file), TRANSFER_S)


def _download(session: Any, url: str, names: list[str], file: Path) -> None:
    # the package's get_image takes one name; in one archive, images of the same base share their layers
    with session.get(url, params={"names": names}, stream=True, timeout=TRANSFER_S) as response, file.open("wb") as archive:
        response.raise_for_status()
        for chunk in response.iter_content(CHUNK):
            archive.write(chunk)


def remove(*names: str) -> None:
    """Remove images that no container uses; one that is gone already is not an error."""
    for name in names:
        try:
            find(lambda api, name=name: api.remove_image(name))  # type: ignore[misc]
        except EngineError:
            continue
