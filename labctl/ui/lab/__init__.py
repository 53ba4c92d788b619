"""The screens about the lab itself."""
