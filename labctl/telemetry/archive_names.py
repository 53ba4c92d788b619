"""The files of an archive besides its telemetry, by whoever makes it: labctl or the page."""

from collections.abc import Iterable
from typing import Final

README: Final = "README.txt"
SUMMARY: Final = "summary.json"         # a kept run's file, as `labctl compare` reads it
ANNOTATIONS: Final = "annotations.json"                 # as GET /api/annotations answers
REPORT: Final = "report.html"


def readme(title: str, files: Iterable[str]) -> str:
    """Three lines."""
    return (f"{title[:1].upper()}{title[1:]}: {', '.join(files)}. Traces, logs and metrics are OTLP JSON, one request per line.\n"
            "To view it without a lab: labctl view FILE.zip; or drop the file on the page of a running lab (labctl open).\n"
            "An OpenTelemetry Collector reads the .jsonl files too, with its otlpjsonfile receiver.\n")
