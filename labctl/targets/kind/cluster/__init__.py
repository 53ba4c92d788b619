"""The kind cluster itself: its names, its creation and deletion, its credentials."""
