"""The add-ons of --with: what each says of itself."""

from typing import Final

from labctl.why.rules.addons import alerts_untold, log_store_full, metric_store_full, rules_fail, rules_unreadable, scrapes_fail

MODULES: Final = (log_store_full, metric_store_full, rules_unreadable, rules_fail, scrapes_fail, alerts_untold)
