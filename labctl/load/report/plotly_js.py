"""The charts' library, plotly.js, as it goes into the page: from the Python package that carries it.

Subtle: it is 4.8 MB of text, and a report holds it to open without a network. Compressed (RFC 1952) and in Base64 it takes
2.0 MB; the browser unpacks it with its own DecompressionStream in a few hundredths of a second.
"""

import gzip
from base64 import b64encode
from hashlib import sha256


def source() -> str:
    """The library as one script that makes `Plotly` known."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


def packed(script: str) -> str:
    """The same for the same script, so that equal runs give equal reports."""
    return b64encode(gzip.compress(script.encode(), mtime=0)).decode()


def fingerprint(script: str) -> str:
    """The name under which a content security policy allows this script: `'sha256-…'`."""
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
