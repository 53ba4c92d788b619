"""The screens about lessons."""
