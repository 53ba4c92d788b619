"""Why a file cannot be read, and what mends that."""


class Unreadable(Exception):
    """The message is the cause; `remedy` a command that fixes it, `advice` what no command can do; or ""."""

    def __init__(self, message: str, remedy: str = "", advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.advice = advice
