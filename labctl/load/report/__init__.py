"""What a run leaves behind for people: a page that opens from disk, and its timeline as CSV."""

from labctl.load.report.page import Beside, write_html
from labctl.load.report.table import write_csv

__all__ = ["Beside", "write_csv", "write_html"]
