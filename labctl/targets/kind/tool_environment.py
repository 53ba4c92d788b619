"""The environment of `kind` and `docker buildx`: the user's, without the variables that would change what they do.

Which engine they use (DOCKER_HOST, DOCKER_CONTEXT) and how they reach registries (HTTP_PROXY) stays the user's choice.
"""

from typing import Final

from labctl.host.commands import own_environment

OVERRIDDEN: Final = {
    "BUILDX_BUILDER": "another builder would keep the images to itself",
    "DOCKER_DEFAULT_PLATFORM": "the node runs what the engine runs",
    "KIND_CLUSTER_NAME": "it wins over the name in the kind file",
    "KIND_EXPERIMENTAL_PROVIDER": "the lab is looked for in Docker",
}
"""Variables that are left out, and why."""


def tool_environment(**more: str) -> dict[str, str]:
    return {name: text for name, text in own_environment().items() if name not in OVERRIDDEN} | more
