"""Faults: what they change, what is recorded of them, and that they can be taken back."""
