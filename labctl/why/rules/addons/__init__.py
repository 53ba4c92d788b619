"""The add-ons of --with: what each says of itself."""

from typing import Final

from labctl.why.rules.addons import log_store_full

MODULES: Final = (log_store_full,)
