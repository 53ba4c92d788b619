"""Screens about the lab's certificates and its token."""
