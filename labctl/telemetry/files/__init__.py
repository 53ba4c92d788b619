"""Telemetry as files: OTLP JSON out of the store, and OTLP JSON and what others write into it.

Subtle: a file can be larger than memory, in both directions. So both are streams: a page of rows out, a small request in.
"""

from typing import Final

LOADED_AT: Final = "/api/page/files"    # where files are uploaded to
