"""Why a file cannot be read, and what mends that."""


class Unreadable(Exception):
    """The message is the cause; `remedy` a line that mends it, or ""."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
