"""The commands about load runs."""
