"""`labctl load`."""


def load() -> None:
    """Send requests at the lab and show how it answered."""
