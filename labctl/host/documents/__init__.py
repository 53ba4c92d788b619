"""Reads files and documents (JSON, YAML, .env) from outside: whatever is wrong becomes a one-line LabError; writes private ones.

It names the file (or address), the line or field, and what is expected there. Subtle: `null` counts as absent at every level,
as in the Kubernetes API, and a duplicate key is an error instead of the last one winning.
"""

from labctl.host.documents.env_format import read_dotenv
from labctl.host.documents.files import decode, read_bytes, read_text
from labctl.host.documents.json_format import parse_json, read_json
from labctl.host.documents.node import Node
from labctl.host.documents.private import private_opener, write_private
from labctl.host.documents.yaml_format import as_yaml, parse_yaml, read_yaml

__all__ = [
    "Node", "as_yaml", "decode", "parse_json", "parse_yaml", "private_opener", "read_bytes", "read_dotenv", "read_json",
    "read_text", "read_yaml", "write_private",
]
