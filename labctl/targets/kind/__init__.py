"""The lab in a kind cluster: needs a Docker engine and kind."""
