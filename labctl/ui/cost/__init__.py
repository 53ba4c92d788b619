"""The screens about money."""
