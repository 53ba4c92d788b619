"""The kind cluster itself: its names, its making and deletion, its credentials."""
