"""plotly.js, which draws the charts, as it is embedded in the page: taken from the Python package `plotly`.

Subtle: it is 4.8 MB of text, embedded so that a report opens without a network. Compressed (RFC 1952) and in Base64 it takes
2.0 MB; the browser unpacks it with its own DecompressionStream in a few hundredths of a second.
"""

import gzip
from base64 import b64encode
from hashlib import sha256


def source() -> str:
    """The library as one script that defines `Plotly`."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


def packed(script: str) -> str:
    """Compressed without a timestamp, so that equal runs give equal reports."""
    return b64encode(gzip.compress(script.encode(), mtime=0)).decode()


def fingerprint(script: str) -> str:
    """The name under which a content security policy allows this script: `'sha256-…'`."""
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
