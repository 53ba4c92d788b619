"""Log records for the page: as they arrive, or up to a time."""
