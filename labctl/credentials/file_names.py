"""The names of the files that a holder of credentials is given, as in the Secrets."""

from typing import Final

CA, CERTIFICATE, KEY = "ca.crt", "tls.crt", "tls.key"
TOKEN: Final = "token"  # noqa: S105 - a file's name, and the holder's
FIRST: Final = "first"                  # the first token alone
