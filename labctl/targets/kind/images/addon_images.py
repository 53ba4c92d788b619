"""The images of add-ons: an engine that lacks one pulls it before anything is made, or `up` ends here."""

from collections.abc import Mapping

from labctl.errors import LabError, Refused
from labctl.model import Notes
from labctl.switches import addons
from labctl.targets.kind.engine import images
from labctl.targets.kind.images import delivery


def pull_missing(wanted: Mapping[str, str], text: str, node: str) -> Notes:
    """`wanted` are the words of --with by image, `text` its value, `node` the one that runs and may have them; "": none does.

    Raises Refused with the value less what cannot be had.
    """
    there = images.held(*wanted)
    missing = [image for image in wanted if image not in there]
    in_node = delivery.node_images(node) if missing and node else set()
    for image in (one for one in missing if one not in in_node):
        yield f"pulling {image}"
        try:
            images.pull(image)
        except Refused:
            raise
        except LabError as error:
            less = addons.without(text, {wanted[image]})
            raise Refused(
                f"--with {wanted[image]}: {error.message}", detail=error.detail,
                hint=f"docker pull {image}\nlabctl up --with {less}",
            ) from None
