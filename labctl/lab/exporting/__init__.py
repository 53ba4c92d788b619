"""A lab as files for kubectl."""
