"""The security scanners of `make scan`, and what docs/security-exceptions.toml excepts from them."""
