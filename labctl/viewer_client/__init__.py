"""Asking the viewer from labctl, and what is worked out from its answers."""
