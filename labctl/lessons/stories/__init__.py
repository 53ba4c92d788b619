"""The lessons, each its own file."""
