"""`.env` files."""

from io import StringIO
from pathlib import Path

from labctl.errors import UsageError
from labctl.host.documents.files import read_text


def read_dotenv(path: Path) -> dict[str, str]:
    """The variables of a `.env` file; `$NAME` is not expanded. Raises UsageError for a line that cannot be parsed."""
    from dotenv.parser import parse_stream

    found: dict[str, str] = {}
    for binding in parse_stream(StringIO(read_text(path))):
        if binding.error:
            text = binding.original.string.strip().splitlines()[0]
            raise UsageError(f"{path}, line {binding.original.line}: expected NAME=VALUE: {text}")
        if binding.key is not None and binding.value is not None:
            found[binding.key] = binding.value
    return found
