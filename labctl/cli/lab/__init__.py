"""The commands about the lab itself."""
