"""The screens about load runs."""
